#include <gtest/gtest.h>
#include <zookeeper/zookeeper.h>

#include "coordination/zookeeper_multi.h"

namespace stellwerk::coordination {
namespace {

using leadership::ZkCode;

TEST(ZookeeperCodes, WhatAClosingHandleDoesNotTakeWasNotSent) {
  for (const int rc : {ZINVALIDSTATE, ZMARSHALLINGERROR, ZSYSTEMERROR, ZCLOSING, ZCONNECTIONLOSS})
    EXPECT_EQ(zookeeper_code_unqueued(rc), ZkCode::not_sent) << rc;
  EXPECT_EQ(zookeeper_code_unqueued(ZBADARGUMENTS), ZkCode::bad_argument);
}

TEST(ZookeeperCodes, WhatNobodyKnowsMayHaveHappened) {
  for (const int rc : {ZCONNECTIONLOSS, ZOPERATIONTIMEOUT, ZMARSHALLINGERROR, ZCLOSING})
    EXPECT_EQ(zookeeper_code(rc), ZkCode::unknown) << rc;
}

}  // namespace
}  // namespace stellwerk::coordination
