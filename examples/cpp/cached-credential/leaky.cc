// A credential is cached for speed, but not by its owner: the second customer acts with the first one's
// rights.

#include <optional>
#include <random>
#include <string>

#include "runtime.h"

namespace {

struct Credential {
  std::string customer;
  std::string key;
};

// Stands in for STS. Real keys are 20 characters that begin with ASIA.
Credential AssumeRole(const std::string& customer) {
  Credential credential{customer, "ASIA"};
  std::random_device entropy;
  for (int i = 0; i < 16; ++i) credential.key += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[entropy() % 32];
  return credential;
}

std::optional<Credential> session;

std::string ActForCustomer(const lambda::Invocation& invocation) {
  if (!session) session = AssumeRole(invocation.request_id);
  return "{\"acted_as\":\"" + session->customer + "\"}";
}

}  // namespace

int main() {
  return lambda::Serve(ActForCustomer);
}
