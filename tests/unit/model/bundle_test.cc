#include "model/bundle.h"

#include <gmock/gmock.h>

namespace stellwerk::model {
namespace {

using testing::HasSubstr;

const std::string kHash = std::string(62, '0') + "ab";
const std::string kUuid = "12345678-1234-4123-8123-123456789abc";

TEST(BundleRecords, AreReadAsTheyWereWritten) {
  const StoredArtifact stored{ArtifactFile{kHash, 7, 12}.name(), 4711, 1'795'000'000'000};
  EXPECT_EQ(decode_artifact(encode_artifact(stored)).value(), stored);
  Bundle bundle{{kHash, 4711, "Wort zählen.tar.gz", ArtifactKind::bundle}, 1'795'000'000'000, false, R"({"name":"x"})"};
  EXPECT_EQ(decode_bundle(encode_bundle(bundle)).value(), bundle);
  bundle = {{kHash, 1, "x.jar", ArtifactKind::jar}, 5, true, {}};
  EXPECT_EQ(decode_bundle(encode_bundle(bundle)).value(), bundle);
}

TEST(BundleRecords, AreAsTheFormatSays) {
  EXPECT_EQ(encode_artifact({ArtifactFile{kHash, 7, 12}.name(), 4711, 5}),
            R"({"at":5,"file":"blobs/00/)" + kHash + R"(-7-12","size":4711,"v":1})");
  EXPECT_EQ(encode_bundle({{kHash, 1, "x.jar", ArtifactKind::jar}, 5, true, {}}),
            R"({"at":5,"kind":"jar","name":"x.jar","once":true,"sha256":")" + kHash + R"(","size":1,"v":1})");
}

TEST(BundleRecords, DamageIsNamed) {
  EXPECT_THAT(decode_artifact("{").error().text, HasSubstr("artifact"));
  EXPECT_THAT(decode_artifact(R"({"at":5,"file":"journal/x","size":1,"v":1})").error().text, HasSubstr("file"));
  EXPECT_EQ(decode_artifact(R"({"v":2})").error().code, Errc::not_supported);
  EXPECT_THAT(
      decode_bundle(R"({"at":5,"kind":"war","name":"x","sha256":")" + kHash + R"(","size":1,"v":1})").error().text,
      HasSubstr("kind"));
  EXPECT_THAT(decode_bundle(R"({"at":5,"kind":"jar","name":"x","sha256":"12","size":1,"v":1})").error().text,
              HasSubstr("sha256"));
  EXPECT_THAT(
      decode_bundle(R"({"at":5,"kind":"jar","name":"a/b","sha256":")" + kHash + R"(","size":1,"v":1})").error().text,
      HasSubstr("name"));
}

TEST(BundleIds, AreAUuidAndAName) {
  EXPECT_EQ(parse_bundle_id(kUuid + "_Tiny Job.jar").value(), (BundleId{kUuid, "Tiny Job.jar"}));
  EXPECT_EQ((BundleId{kUuid, "x.jar"}).text(), kUuid + "_x.jar");
  for (const std::string& bad : {std::string(), kUuid, kUuid + "_", kUuid + "-x.jar", kUuid + "_a/b", kUuid + "_..",
                                 std::string("nope.jar"), "A" + kUuid.substr(1) + "_x"})
    EXPECT_TRUE(parse_bundle_id(bad).has_error()) << bad;
}

TEST(ArtifactFiles, AreNamedByContentEpochAndNumber) {
  const ArtifactFile file{kHash, 42, 3};
  EXPECT_EQ(file.name(), "blobs/00/" + kHash + "-42-3");
  EXPECT_EQ(parse_artifact_file(file.name()).value(), file);
  const std::string name = "blobs/00/" + kHash;
  for (const std::string& bad :
       {std::string(), name, name + "-1", name + "-1-", name + "-0-1", name + "-01-1", name + "-1-0", name + "-1-1x",
        name + "-+1-1", name + "--1-1", "blobs/01/" + kHash + "-1-1", "blobs/" + kHash + "-1-1",
        name + "-99999999999999999999-1", "journal/00/" + kHash + "-1-1"})
    EXPECT_TRUE(parse_artifact_file(bad).has_error()) << bad;
}

}  // namespace
}  // namespace stellwerk::model
