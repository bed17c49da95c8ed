#include "core/store/sqlite/rows.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/assert.h"
#include "core/store/sqlite/database.h"

namespace arbees::sqlite {
namespace {

GamePhase phase_of(std::string_view word) {
  for (const GamePhase phase : {GamePhase::active, GamePhase::prepare, GamePhase::removing}) {
    if (word == to_string(phase)) {
      return phase;
    }
  }
  ensure(false, "the table's check knows the same phases");
  return GamePhase::active;
}

void load_games(Database& database, StoreImage& image) {
  Statement rows = database.prepare(
      "SELECT game, sport, owner, owner_boot, epoch, previous_owner, phase, next_shard, next_boot, "
      "next_epoch FROM games");
  while (rows.step()) {
    GameRow row{GameId(rows.text(0)),  rows.text(1),          ShardId(rows.text(2)),
                Boot(rows.number(3)),  Epoch(rows.number(4)), ShardId(rows.text(5)),
                phase_of(rows.text(6))};
    if (row.phase == GamePhase::prepare) {
      row.next = Successor{ShardId(rows.text(7)), Boot(rows.number(8)), Epoch(rows.number(9))};
    }
    image.games.emplace(row.game, std::move(row));
  }
}

void load_shards(Database& database, StoreImage& image) {
  Statement rows = database.prepare(
      "SELECT shard, process_id, started_at, boot, generation, cordoned, draining, maintenance, "
      "drain_left_ns FROM shards");
  while (rows.step()) {
    ShardRow row{
        ShardId(rows.text(0)),
        {rows.text(1), rows.text(2), Boot(rows.number(3))},
        Generation(rows.number(4)),
        {rows.number(5) != 0, rows.number(6) != 0, rows.number(7) != 0, Duration(rows.integer(8))}};
    image.shards.emplace(row.shard, std::move(row));
  }
}

void load_live(Database& database, StoreImage& image) {
  Statement rows = database.prepare(
      "SELECT game, sport, kalshi_market_id, polymarket_market_id FROM live_games");
  while (rows.step()) {
    LiveGame game{GameId(rows.text(0)), rows.text(1), rows.text(2), rows.text(3)};
    image.live.emplace(game.id, std::move(game));
  }
}

void load_alerts(Database& database, StoreImage& image) {
  Statement rows =
      database.prepare("SELECT type, subject, text, state, acknowledged_by, age_ns FROM alerts");
  while (rows.step()) {
    AlertRow row{rows.text(0), rows.text(1), rows.text(2),
                 rows.text(3), rows.text(4), Duration(rows.integer(5))};
    auto key = std::pair(row.type, row.subject);
    image.alerts.emplace(std::move(key), std::move(row));
  }
}

void load_pause(Database& database, StoreImage& image) {
  Statement row = database.prepare("SELECT who, why FROM pause");
  if (row.step()) {
    image.paused = Pause{row.text(0), row.text(1)};
  }
}

void load_lost(Database& database, StoreImage& image) {
  Statement row = database.prepare("SELECT leases_left_ns FROM lost_decisions");
  if (!row.step()) {
    return;
  }
  image.lost.emplace();
  image.lost->leases_left = Duration(row.integer(0));
  Statement spans = database.prepare("SELECT above, upto FROM lost_epochs ORDER BY number");
  while (spans.step()) {
    image.lost->epochs.push_back({Epoch(spans.number(0)), Epoch(spans.number(1))});
  }
}

/// Runs the statement once for each row. Most batches leave most tables alone: nothing is prepared then.
template <class Rows, class Bind>
void for_each_row(Database& database, const Rows& rows, std::string_view sql, Bind bind) {
  if (rows.empty()) {
    return;
  }
  Statement statement = database.prepare(sql);
  for (const auto& row : rows) {
    bind(statement, row);
    statement.run();
  }
}

/// The highest epoch that this batch writes into a row.
Epoch newest_epoch(const StoreBatch& batch) {
  Epoch newest = batch.written_to;
  for (const GameRow& row : batch.put_games) {
    newest = std::max({newest, row.epoch, row.next ? row.next->epoch : Epoch{}});
  }
  return newest;
}

void put_marks_of_office(Database& database, const StoreBatch& batch, const StoreImage& stored) {
  if (const Epoch newest = newest_epoch(batch); newest > stored.epochs_written) {
    database.prepare("UPDATE office SET epochs_written = ?").bind(newest.value()).run();
  }
  if (batch.set_farewell) {
    database.prepare("UPDATE office SET farewell_left_ns = ?")
        .bind(static_cast<std::uint64_t>(batch.set_farewell->count()))
        .run();
  }
}

void put_office(Database& database, const StoreBatch& batch, const StoreImage& stored) {
  if (!batch.new_term && !batch.reserve_epochs_to) {
    return;
  }
  const Term term = batch.new_term.value_or(stored.term);
  const Epoch reserved = batch.reserve_epochs_to.value_or(stored.epochs_reserved);
  ensure(!batch.new_term || term > stored.term, "terms only grow");
  ensure(reserved >= stored.epochs_reserved, "epochs are never given back");
  database.prepare("UPDATE office SET term = ?, epochs_reserved = ?")
      .bind(term.value())
      .bind(reserved.value())
      .run();
  if (batch.new_term) {
    database.prepare("INSERT INTO terms VALUES (?, ?, ?)")
        .bind(term.value())
        .bind(batch.new_instance.str())
        .bind(stored.epochs_reserved.value())
        .run();
  }
}

void bind_game(Statement& into, const GameRow& row) {
  ensure(row.next.has_value() == (row.phase == GamePhase::prepare),
         "a game has a successor in phase prepare, and only there");
  into.bind(row.game.str())
      .bind(row.sport)
      .bind(row.owner.str())
      .bind(row.owner_boot.value())
      .bind(row.epoch.value())
      .bind(row.previous_owner.str())
      .bind(to_string(row.phase));
  if (row.next) {
    into.bind(row.next->shard.str()).bind(row.next->boot.value()).bind(row.next->epoch.value());
  } else {
    into.bind_null().bind_null().bind_null();
  }
}

void put_games(Database& database, const StoreBatch& batch) {
  for_each_row(database, batch.drop_games, "DELETE FROM games WHERE game = ?",
               [](Statement& drop, const GameId& game) { drop.bind(game.str()); });
  for_each_row(database, batch.put_games,
               "INSERT OR REPLACE INTO games VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", bind_game);
}

void put_shards(Database& database, const StoreBatch& batch) {
  for_each_row(database, batch.drop_shards, "DELETE FROM shards WHERE shard = ?",
               [](Statement& drop, const ShardId& shard) { drop.bind(shard.str()); });
  for_each_row(database, batch.put_shards,
               "INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
               [](Statement& put, const ShardRow& row) {
                 put.bind(row.shard.str())
                     .bind(row.incarnation.process_id)
                     .bind(row.incarnation.started_at)
                     .bind(row.incarnation.boot.value())
                     .bind(row.generation.value())
                     .bind(std::uint64_t{row.marks.cordoned})
                     .bind(std::uint64_t{row.marks.draining})
                     .bind(std::uint64_t{row.marks.maintenance})
                     .bind(row.marks.drain_left.count());
               });
}

void put_live(Database& database, const StoreBatch& batch) {
  for_each_row(database, batch.drop_live, "DELETE FROM live_games WHERE game = ?",
               [](Statement& drop, const GameId& game) { drop.bind(game.str()); });
  for_each_row(database, batch.put_live, "INSERT OR REPLACE INTO live_games VALUES (?, ?, ?, ?)",
               [](Statement& put, const LiveGame& game) {
                 put.bind(game.id.str())
                     .bind(game.sport)
                     .bind(game.kalshi_market_id)
                     .bind(game.polymarket_market_id);
               });
}

void put_alerts(Database& database, const StoreBatch& batch) {
  for_each_row(database, batch.drop_alerts, "DELETE FROM alerts WHERE type = ? AND subject = ?",
               [](Statement& drop, const std::pair<std::string, std::string>& key) {
                 drop.bind(key.first).bind(key.second);
               });
  for_each_row(database, batch.put_alerts,
               "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?)",
               [](Statement& put, const AlertRow& row) {
                 put.bind(row.type)
                     .bind(row.subject)
                     .bind(row.text)
                     .bind(row.state)
                     .bind(row.acknowledged_by)
                     .bind(row.age.count());
               });
}

void put_pause(Database& database, const StoreBatch& batch) {
  if (!batch.set_pause) {
    return;
  }
  if (const std::optional<Pause>& pause = *batch.set_pause) {
    database.prepare("INSERT OR REPLACE INTO pause VALUES (1, ?, ?)")
        .bind(pause->who)
        .bind(pause->why)
        .run();
  } else {
    database.execute("DELETE FROM pause");
  }
}

void put_lost(Database& database, const StoreBatch& batch) {
  if (!batch.set_lost) {
    return;
  }
  database.execute("DELETE FROM lost_decisions; DELETE FROM lost_epochs");
  if (const std::optional<LostDecisions>& lost = *batch.set_lost) {
    database.prepare("INSERT INTO lost_decisions VALUES (1, ?)")
        .bind(lost->leases_left.count())
        .run();
    for_each_row(database, lost->epochs, "INSERT INTO lost_epochs (above, upto) VALUES (?, ?)",
                 [](Statement& put, const EpochSpan& span) {
                   put.bind(span.above.value()).bind(span.upto.value());
                 });
  }
}

void add_audit(Database& database, const StoreBatch& batch, Term term) {
  for_each_row(database, batch.audit,
               "INSERT INTO audit (term, at_ns, who, what, subject, why, before, after, cause) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
               [term](Statement& add, const AuditRow& row) {
                 add.bind(term.value())
                     .bind(row.at.time_since_epoch().count())
                     .bind(row.who)
                     .bind(row.what)
                     .bind(row.subject)
                     .bind(row.why)
                     .bind(row.before)
                     .bind(row.after)
                     .bind(row.cause.value());
               });
}

}  // namespace

StoreImage load_office(Database& database) {
  StoreImage image;
  Statement office = database.prepare(
      "SELECT term, epochs_reserved, epochs_written, farewell_left_ns FROM office");
  ensure(office.step(), "the table of the office has its row from the beginning");
  image.term = Term(office.number(0));
  image.epochs_reserved = Epoch(office.number(1));
  image.epochs_written = Epoch(office.number(2));
  image.farewell_left = Duration{static_cast<Duration::rep>(office.number(3))};
  return image;
}

StoreImage load_image(Database& database) {
  StoreImage image = load_office(database);
  load_games(database, image);
  load_shards(database, image);
  load_live(database, image);
  load_alerts(database, image);
  load_pause(database, image);
  load_lost(database, image);
  return image;
}

void put_batch(Database& database, const StoreBatch& batch, const StoreImage& stored) {
  put_office(database, batch, stored);
  put_marks_of_office(database, batch, stored);
  put_games(database, batch);
  put_shards(database, batch);
  put_live(database, batch);
  put_alerts(database, batch);
  put_pause(database, batch);
  put_lost(database, batch);
  add_audit(database, batch, batch.new_term.value_or(stored.term));
}

std::vector<AuditRow> load_audit(Database& database, std::size_t newest) {
  Statement rows = database.prepare(
      "SELECT at_ns, who, what, subject, why, before, after, cause FROM audit "
      "ORDER BY number DESC LIMIT ?");
  rows.bind(std::int64_t{static_cast<std::int32_t>(std::min<std::size_t>(newest, INT32_MAX))});
  std::vector<AuditRow> audit;
  while (rows.step()) {
    audit.push_back({WallTime(Duration(rows.integer(0))), rows.text(1), rows.text(2), rows.text(3),
                     rows.text(4), rows.text(5), rows.text(6), EventId(rows.number(7))});
  }
  std::ranges::reverse(audit);
  return audit;
}

}  // namespace arbees::sqlite
