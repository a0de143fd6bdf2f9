#include "api/bundle_upload.h"

#include "api/path_parameters.h"
#include "api/writes.h"
#include "base/json_writer.h"
#include "base/sha256.h"
#include "base/text.h"
#include "http/form_data.h"
#include "model/job_spec_reader.h"

namespace stellwerk::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;

/// The file itself, as it came.
struct SentFile {
  std::string name;
  std::string bytes;
};

/// What an upload is after it was looked at.
struct Looked {
  jobs::AddBundle change;
  std::shared_ptr<void> permit;
};

Error refused(std::string text) {
  return make_error(Errc::invalid, std::move(text));
}

/// Browsers of old send where the file was on the user's disk.
std::string last_part(std::string_view path) {
  return std::string(path.substr(path.find_last_of("/\\") + 1));
}

Result<SentFile> file_of_form(std::string_view type, std::string body) {
  const auto parts = http::read_form_data(type, body);
  if (parts.has_error()) return parts.error();
  const http::FormPart* file = nullptr;
  std::size_t files = 0;
  for (const http::FormPart& part : *parts) {
    if (!part.file_name) continue;
    ++files;
    file = &part;
  }
  if (files != 1) return refused("Exactly 1 file must be sent, received " + std::to_string(files) + ".");
  SentFile out{last_part(*file->file_name), {}};
  // In place: a second copy of a large file is worth avoiding.
  const auto begin = static_cast<std::size_t>(file->content.data() - body.data());
  const std::size_t size = file->content.size();
  out.bytes = std::move(body);
  out.bytes.resize(begin + size);
  out.bytes.erase(0, begin);
  return out;
}

Result<SentFile> sent_file(const Request& request, std::string body) {
  const std::string_view type = request.header("Content-Type").value_or("");
  if (http::is_form_data(type)) return file_of_form(type, std::move(body));
  const auto name = request.query_value("name");
  if (!name || body.empty())
    return refused(
        "Exactly 1 file must be sent, received 0. Send it as multipart/form-data, or as the body itself with "
        "?name=<file name>");
  return SentFile{last_part(*name), std::move(body)};
}

Result<bool> read_once(const Request& request) {
  const auto text = request.query_value("once");
  if (!text || *text == "false") return false;
  if (*text == "true" || text->empty()) return true;
  return bad_parameter("query", "once", *text, "it must be true or false");
}

Result<std::string> read_uuid(const Request& request, Backend& backend) {
  const auto header = request.header(kBundleIdHeader);
  if (!header) return backend.mint_uuid();
  if (!is_uuid(*header)) return refused(std::string(kBundleIdHeader) + " must be a uuid, not " + shown(*header));
  return std::string(*header);
}

/// Canonical, or empty of a jar without one.
Result<std::string> read_spec(const Facts& facts, const SentFile& file) {
  const std::string place = escaped(file.name, 256) + ": ";
  const auto found = facts.archive_spec(file.bytes);
  if (found.has_error()) return make_error(found.error().code, place + found.error().text);
  if (!found->text) {
    if (file.name.ends_with(".jar")) return std::string();
    const std::string where = found->elsewhere.empty() ? "" : ", only " + escaped(found->elsewhere, 256);
    return refused(place + "it has no job.yaml or job.json at its root" + where);
  }
  const auto spec = model::read_job_spec(*found->text, detect_document_kind("", *found->text));
  if (spec.has_error()) return make_error(spec.error().code, place + spec.error().text);
  if (spec->job_id) return refused(place + "its job spec has a jobId; name it when you run it instead");
  if (spec->spec.artifact) return refused(place + "its job spec names an artifact, which is this file itself");
  return spec->canonical;
}

Result<jobs::AddBundle> look_at(const Facts& facts, const Request& request, std::string body, Backend& backend) {
  jobs::AddBundle out;
  const auto once = read_once(request);
  if (once.has_error()) return once.error();
  out.once = *once;
  auto uuid = read_uuid(request, backend);
  if (uuid.has_error()) return uuid.error();
  out.uuid = std::move(*uuid);
  auto file = sent_file(request, std::move(body));
  if (file.has_error()) return file.error();
  if (!model::is_artifact_name(file->name))
    return refused("The file's name must be 1 to " + std::to_string(model::kArtifactNameBytesMax) +
                   " bytes of printable text, not " + shown(file->name));
  const auto size = static_cast<std::int64_t>(file->bytes.size());
  if (size == 0) return refused(escaped(file->name, 256) + ": the file is empty");
  if (size > model::kArtifactBytesMax)
    return make_error(Errc::too_large, escaped(file->name, 256) + ": the file has " + std::to_string(size) +
                                           " bytes, accepted are at most " + std::to_string(model::kArtifactBytesMax));
  auto spec = read_spec(facts, *file);
  if (spec.has_error()) return spec.error();
  out.spec = std::move(*spec);
  out.artifact = {sha256_hex(file->bytes), size, file->name,
                  out.spec.empty() ? model::ArtifactKind::jar : model::ArtifactKind::bundle};
  out.bytes = std::make_shared<const std::string>(std::move(file->bytes));
  return out;
}

http::ClientRequest passed_of(const jobs::AddBundle& add) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.target = "/jars/upload?name=" + http::escape_segment(add.artifact.name) + (add.once ? "&once=true" : "");
  request.headers.emplace_back("Content-Type", "application/octet-stream");
  request.headers.emplace_back(kBundleIdHeader, add.uuid);
  request.body = *add.bytes;
  return request;
}

Response accepted(const jobs::AddBundle& add) {
  const std::string id = model::BundleId{add.uuid, add.artifact.name}.text();
  std::string text;
  JsonWriter out(text);
  // Clients of Flink take what follows the last slash as the id.
  out.begin_object().member("filename", "/jars/" + id).member("status", "success");
  out.member("id", id).member("sha256", add.artifact.sha256).end_object();
  return http::json_response(std::move(text));
}

}  // namespace

void Uploads::serve(Responder responder) {
  constexpr std::string_view kTooMany = "Nothing happened: too many files are being uploaded";
  auto shared = std::make_shared<Responder>(std::move(responder));
  if (working_->fetch_add(1) >= kUploadsMax) {
    --*working_;
    return shared->answer(too_much_to_read(kTooMany));
  }
  const Permit permit(nullptr, [working = working_](void*) { --*working; });
  if (!core_->backend.run_long([self = shared_from_this(), shared, permit] { self->read(std::move(*shared), permit); }))
    shared->answer(too_much_to_read(kTooMany));
}

void Uploads::read(Responder responder, Permit permit) {
  const Request& request = responder.request();
  auto add = look_at(core_->facts, request, responder.take_body(), core_->backend);
  if (add.has_error())
    return responder.answer(http::error_response(add.error().code == Errc::too_large ? 413 : 400, add.error().text));
  const auto looked = std::make_shared<const Looked>(Looked{std::move(*add), std::move(permit)});
  Write write;
  write.repeatable = true;
  write.perform = [looked](Backend& backend, Time deadline, Backend::Handler done) {
    backend.request(looked->change, deadline, std::move(done));
  };
  write.passed = [looked] { return passed_of(looked->change); };
  write.accepted = [looked](const jobs::Reply&) { return accepted(looked->change); };
  serve_write(core_, std::move(responder), std::move(write));
}

}  // namespace stellwerk::api
