/// From `high-availability.type` to a coordination service.
#pragma once

#include <stellwerk/coordination.h>

#include <memory>
#include <string>

#include "app/guard_process.h"
#include "app/log_setup.h"
#include "base/executor.h"
#include "config/master_options.h"
#include "coordination/none_coordination.h"
#include "coordination/resolver.h"
#include "coordination/zookeeper_client.h"

namespace boost::asio {
class io_context;
}

namespace stellwerk::app {

/// What a coordination lives on; all must outlive it.
struct CoordinationNeeds {
  boost::asio::io_context& io;
  Executor& executor;
  coordination::Resolver& resolver;
  const Log& log;
  coordination::MemoryRegister& memory;  ///< of a process without a storageDir
  GuardProcess* guard = nullptr;         ///< null: there is none
};

/// `guid` spreads the clients over the servers.
coordination::ZooKeeperOptions zookeeper_client_options(const config::ZooKeeperOptions& options,
                                                        const std::string& guid);

/// `guid`: this process. Errors: the sentence for the operator; the process must not start.
Result<std::unique_ptr<Coordination>> make_coordination(const config::MasterOptions& options, const std::string& guid,
                                                        const CoordinationNeeds& needs);

}  // namespace stellwerk::app
