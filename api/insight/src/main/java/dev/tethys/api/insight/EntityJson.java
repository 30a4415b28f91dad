package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.Relation;
import dev.tethys.insight.entities.Validity;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Entities and relations as JSON. */
final class EntityJson {
  private EntityJson() {}

  static <T> void list(List<T> all, TextBuffer out, BiConsumer<T, TextBuffer> each) {
    out.put('[');
    for (int i = 0; i < all.size(); i++) {
      if (i > 0) {
        out.put(',');
      }
      each.accept(all.get(i), out);
    }
    out.put(']');
  }

  static void time(long millis, TextBuffer out) {
    out.json(Instant.ofEpochMilli(millis).toString());
  }

  static void texts(List<String> all, TextBuffer out) {
    list(all, out, (s, to) -> to.json(s));
  }

  static void entities(List<Entity> all, TextBuffer out) {
    list(all, out, EntityJson::entity);
  }

  static void entity(Entity e, TextBuffer out) {
    out.put("{\"id\":").json(e.id()).put(",\"kind\":").json(e.kind().text());
    out.put(",\"name\":").json(e.name());
    map(e.attributes(), out.put(",\"attributes\":"));
    texts(e.keys(), out.put(",\"keys\":"));
    list(e.series(), out.put(",\"series\":"), (l, to) -> map(l.toMap(), to));
    out.put('}');
  }

  private static void map(Map<String, String> all, TextBuffer out) {
    out.put('{');
    boolean first = true;
    for (Map.Entry<String, String> a : all.entrySet()) {
      if (!first) {
        out.put(',');
      }
      first = false;
      out.json(a.getKey()).put(':').json(a.getValue());
    }
    out.put('}');
  }

  static void relations(List<Relation> all, TextBuffer out) {
    list(
        all,
        out,
        (r, to) ->
            to.put("{\"kind\":")
                .json(r.kind().text())
                .put(",\"from\":")
                .json(r.from())
                .put(",\"to\":")
                .json(r.to())
                .put('}'));
  }

  static void validity(List<Validity> all, TextBuffer out) {
    list(
        all,
        out,
        (v, to) -> {
          time(v.from(), to.put("{\"from\":"));
          if (v.to() != Long.MAX_VALUE) {
            time(v.to(), to.put(",\"to\":"));
          }
          to.put('}');
        });
  }

  /** Writes each rule with its current state. */
  static void rules(EntityModel model, TextBuffer out) {
    list(
        model.rules(),
        out,
        (r, to) -> {
          to.put("{\"name\":").json(r.name()).put(",\"where\":").json(r.where());
          to.put(",\"series\":").number(r.series());
          to.put(",\"applied\":").number(r.applied());
          if (r.problem() != null) {
            to.put(",\"problem\":").json(r.problem());
          }
          to.put('}');
        });
  }
}
