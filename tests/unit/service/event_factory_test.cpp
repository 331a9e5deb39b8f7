// Events from templates: ids, keys, data and sizes.
#include "sim/service/event_factory.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::service;

namespace {

scenario::DataValue text(std::string t) {
  scenario::DataValue value;
  value.text = std::move(t);
  return value;
}

}  // namespace

TEST_CASE("a produced event: id, key from the data, data that names the id") {
  scenario::Producer producer;
  producer.name = "website";
  producer.event = "NewSubscriber";
  producer.key = "{email}";
  producer.data = {{"email", text("reader-{n}@example.org")}, {"ref", text("{id} by {source}")}};
  RandomStream random(1, "data");
  const CloudEvent event = make_produced(producer, 3, sim_time(2s), random);
  CHECK(event.id == "website-3");
  CHECK(event.source == "website");
  CHECK(event.type == "NewSubscriber");
  CHECK(event.time == sim_time(2s));
  CHECK(event.data == R"({"email":"reader-3@example.org","ref":"website-3 by website"})");
  CHECK(event.partitionkey == "reader-3@example.org");
}

TEST_CASE("a key that needs no data can be named by the data; without one there is none") {
  scenario::Producer producer;
  producer.name = "p";
  producer.id = "order-{n}";
  producer.key = "user-{n}";
  producer.data = {{"user", text("{key}")}};
  RandomStream random(1, "data");
  CHECK(make_produced(producer, 1, SimTime{}, random).data == R"({"user":"user-1"})");
  producer.key.reset();
  const CloudEvent keyless = make_produced(producer, 1, SimTime{}, random);
  CHECK_FALSE(keyless.partitionkey.has_value());
  CHECK(keyless.data == R"({"user":"{key}"})");
}

TEST_CASE("an emitted event copies key and data, or makes its own from those it reacts to") {
  const CloudEvent order{
      "order-7", "shop", "OrderPlaced", sim_time(1s), R"({"amount":30,"user":"ada"})", "ada"};
  RandomStream random(1, "data");
  scenario::Emission copy;
  copy.event = "InvoiceMade";
  const CloudEvent copied = make_emitted(copy, "billing", 4, sim_time(2s), order, random);
  CHECK(copied.id == "billing-4");
  CHECK(copied.source == "billing");
  CHECK(copied.type == "InvoiceMade");
  CHECK(copied.time == sim_time(2s));
  CHECK(copied.data == order.data);
  CHECK(copied.partitionkey == "ada");

  scenario::Emission own;
  own.event = "PaymentProcessed";
  own.id = "payment-{n}-for-{id}";
  own.key = "{payer}";
  own.copy_data = false;
  own.data = {{"amount", text("{amount} euro")}, {"payer", text("{user}/{type}")}};
  const CloudEvent made = make_emitted(own, "payment", 1, sim_time(2s), order, random);
  CHECK(made.id == "payment-1-for-order-7");
  CHECK(made.data == R"({"amount":"30 euro","payer":"ada/OrderPlaced"})");
  CHECK(made.partitionkey == "ada/OrderPlaced");

  own.data.clear();
  CHECK(make_emitted(own, "payment", 1, sim_time(2s), order, random).data == "{}");
}

TEST_CASE("a record is as long as its key and value") {
  CloudEvent event;
  event.data = R"({"a":1})";
  CHECK(record_size_bytes(event, 0) == 7);
  CHECK(record_size_bytes(event, 1000) == 1000);
  event.partitionkey = "four";
  CHECK(record_size_bytes(event, 0) == 11);
  CHECK(record_size_bytes(event, 1000) == 1004);
}
