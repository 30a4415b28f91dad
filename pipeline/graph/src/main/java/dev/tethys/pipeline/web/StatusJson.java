package dev.tethys.pipeline.web;

import dev.tethys.config.Redaction;
import dev.tethys.config.Secret;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.DeadLetter;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.graph.Blockage;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.ledger.Balance;
import java.util.Locale;

/** The status of a graph as JSON. */
final class StatusJson {
  private StatusJson() {}

  static String word(Signal s) {
    return s.name().toLowerCase(Locale.ROOT);
  }

  static String of(GraphStatus s, long now, boolean tap) {
    Json j = new Json().open('{').key("time").number(now).key("tap").raw(String.valueOf(tap));
    j.key("nodes").open('[');
    for (GraphStatus.NodeStatus n : s.nodes()) {
      j.open('{');
      j.key("id").text(n.id()).key("kind").text(n.kind()).key("component").text(n.component());
      j.key("part").text(n.part()).key("where").text(n.where());
      j.key("signals").open('{');
      n.balances()
          .forEach(
              (signal, b) -> {
                j.key(word(signal));
                balance(j, b);
              });
      j.close('}').key("blocked").open('[');
      n.blocked().forEach(b -> blockage(j, b));
      j.close(']').key("repeatedItems").number(n.repeatedItems());
      if (n.outbox() != null) {
        j.key("queue");
        queue(j, n.outbox());
      }
      j.close('}');
    }
    j.close(']').key("edges").open('[');
    for (GraphStatus.EdgeStatus e : s.edges()) {
      j.open('{');
      j.key("id").text(e.id()).key("from").text(e.from()).key("to").text(e.to());
      j.key("pipeline").text(e.pipeline()).key("batches").number(e.batches());
      j.key("items").number(e.items()).key("bytes").number(e.bytes()).close('}');
    }
    return j.close(']').close('}').toString();
  }

  private static void blockage(Json j, Blockage b) {
    j.open('{').key("by").text(b.by()).key("byKind").text(b.byKind());
    j.key("byComponent").text(b.byComponent());
    j.key("reason").text(b.reason().name().toLowerCase(Locale.ROOT));
    j.key("effect").text(b.effect().name().toLowerCase(Locale.ROOT));
    j.key("signal").text(word(b.signal())).key("sinceMillis").number(b.sinceMillis()).close('}');
  }

  private static void balance(Json j, Balance b) {
    j.open('{').key("in").number(b.in()).key("created").number(b.created());
    j.key("restored").number(b.restored()).key("revived").number(b.revived());
    j.key("out").number(b.out()).key("held").number(b.held());
    j.key("deadLettered").number(b.deadLettered()).key("dropped").open('{');
    b.dropped().forEach((reason, n) -> j.key(reason).number(n));
    j.close('}').key("returned").number(b.returned()).key("kept").number(b.kept()).close('}');
  }

  private static void queue(Json j, OutboxStatus s) {
    j.open('{').key("requests").number(s.requests()).key("items").number(s.items());
    j.key("bytes").number(s.bytes()).key("capacityBytes").number(s.capacity().bytes());
    j.key("capacityItems").number(s.capacity().items());
    j.key("capacityRequests").number(s.capacity().requests());
    j.key("oldestMillis").number(s.oldestMillis()).key("inFlight").number(s.inFlight());
    j.key("concurrency").number(s.limit()).key("pausedMillis").number(s.pausedMillis());
    j.key("probing").raw(String.valueOf(s.probing()));
    j.key("retries").number(s.retries()).key("deadLetters").number(s.deadLetters());
    j.key("deadLettersEvicted").number(s.deadLettersEvicted());
    j.key("damagedBytes").number(s.damagedBytes()).key("lastError").text(s.lastError());
    j.key("lastErrorMillis").number(s.lastErrorMillis());
    j.key("fullSinceMillis").number(s.fullSinceMillis());
    OutboxStatus.OnDisk d = s.onDisk();
    if (d != null) {
      j.key("onDisk").open('{').key("requests").number(d.requests());
      j.key("items").number(d.items()).key("bytes").number(d.bytes());
      j.key("capacityBytes").number(d.capacityBytes());
      j.key("sinceMillis").number(d.sinceMillis()).close('}');
    }
    j.close('}');
  }

  static void letter(Json j, DeadLetter d) {
    j.open('{').key("id").text(d.id()).key("signal").text(word(d.signal()));
    j.key("items").number(d.items()).key("bytes").number(d.bytes());
    j.key("millis").number(d.millis()).key("attempts").number(d.attempts());
    j.key("reason").text(Redaction.text(d.reason())).key("headers").open('{');
    d.headers().forEach((k, v) -> j.key(k).text(Redaction.isSecretParameter(k) ? Secret.MASK : v));
    j.close('}').close('}');
  }
}
