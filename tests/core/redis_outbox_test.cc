#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/redis/outbox.h"

namespace arbees::redis {
namespace {

constexpr MonoTime start{seconds{100}};

Publication publication(std::uint64_t id, std::size_t bytes = 10, Duration max_age = seconds{45}) {
  return {"c", std::string(bytes - 1, 'x'), max_age, PublicationId(id)};
}

std::vector<std::uint64_t> ids(const std::vector<Outbox::Entry>& entries) {
  std::vector<std::uint64_t> out;
  for (const Outbox::Entry& entry : entries) {
    out.push_back(entry.publication.id.value());
  }
  return out;
}

using Ids = std::vector<std::uint64_t>;

TEST(Outbox, GivesBackInOrder) {
  Outbox outbox(3, 100);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    EXPECT_EQ(ids(outbox.push(publication(id), EventId(id), start)), Ids{});
  }
  EXPECT_EQ(outbox.bytes(), 30U);
  EXPECT_EQ(outbox.pop().publication.id, PublicationId(1));
  EXPECT_EQ(outbox.pop().cause, EventId(2));
  EXPECT_EQ(outbox.pop().publication.id, PublicationId(3));
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.bytes(), 0U);
}

TEST(Outbox, MakesRoomByDroppingTheOldest) {
  Outbox outbox(3, 100);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    EXPECT_EQ(ids(outbox.push(publication(id), {}, start)), Ids{});
  }
  EXPECT_EQ(ids(outbox.push(publication(4), {}, start)), Ids{1});
  EXPECT_EQ(ids(outbox.push(publication(5, 85), {}, start)), (Ids{2, 3}));
  EXPECT_EQ(outbox.bytes(), 95U);
}

TEST(Outbox, DropsWhatNeverFitsItselfAndNothingElse) {
  Outbox outbox(3, 100);
  EXPECT_EQ(ids(outbox.push(publication(1), {}, start)), Ids{});
  EXPECT_EQ(ids(outbox.push(publication(2, 101), {}, start)), Ids{2});
  EXPECT_EQ(outbox.messages(), 1U);
  EXPECT_EQ(ids(outbox.push(publication(3, 100), {}, start)), Ids{1});
  Outbox none(0, 100);
  EXPECT_EQ(ids(none.push(publication(1), {}, start)), Ids{1});
}

TEST(Outbox, ExpiresEachAtItsOwnAge) {
  Outbox outbox(10, 1'000);
  EXPECT_EQ(outbox.deadline(), std::nullopt);
  EXPECT_TRUE(outbox.push(publication(1, 10, seconds{45}), {}, start).empty());
  EXPECT_TRUE(outbox.push(publication(2, 10, seconds{5}), {}, start).empty());
  EXPECT_TRUE(outbox.push(publication(3, 10, Duration::max()), {}, start).empty());
  EXPECT_EQ(outbox.deadline(), start + seconds{5});
  EXPECT_EQ(ids(outbox.take_expired(start + seconds{5} - Duration{1})), Ids{});
  EXPECT_EQ(ids(outbox.take_expired(start + seconds{5})), Ids{2});
  EXPECT_EQ(outbox.deadline(), start + seconds{45});
  EXPECT_EQ(ids(outbox.take_expired(start + minutes{600})), Ids{1});
  EXPECT_EQ(outbox.deadline(), std::nullopt);
  EXPECT_EQ(outbox.bytes(), 10U);
  EXPECT_EQ(ids(outbox.take_all()), Ids{3});
}

}  // namespace
}  // namespace arbees::redis
