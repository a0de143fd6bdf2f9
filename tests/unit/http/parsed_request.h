/// A request for tests, read from its text by the parser that the server uses.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string_view>

#include "http/request_parser.h"

namespace stellwerk::http {

inline std::unique_ptr<Request> parsed_request(std::string_view text) {
  auto request = std::make_unique<Request>();
  RequestParser parser({});
  if (parser.take_head(text, *request) != RequestParser::State::ready) ADD_FAILURE() << parser.refusal().text;
  return request;
}

}  // namespace stellwerk::http
