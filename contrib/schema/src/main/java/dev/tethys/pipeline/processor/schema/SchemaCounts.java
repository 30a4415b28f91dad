package dev.tethys.pipeline.processor.schema;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.component.Context;
import java.util.HashSet;
import java.util.Set;

/** Metrics of one {@code schema} processor. */
final class SchemaCounts {
  /** Maximum number of names in collision counters; further names share one. */
  private static final int MAX_NAMES = 200;

  private static final String OTHER = "(other)";

  private final String processor;
  private final Registry.Vector<Registry.Counter> translated;
  private final Registry.Vector<Registry.Counter> untranslated;
  private final Registry.Vector<Registry.Counter> collisions;

  @GuardedBy("itself")
  private final Set<String> names = new HashSet<>();

  SchemaCounts(Context context) {
    processor = context.id().toString();
    translated =
        context
            .metrics()
            .counters(
                "tethys_schema_translated_total",
                "Resources and scopes that the schema processor translated to a target.",
                "processor",
                "target");
    untranslated =
        context
            .metrics()
            .counters(
                "tethys_schema_untranslated_total",
                "Resources and scopes of a target's family that passed unchanged.",
                "processor",
                "reason");
    collisions =
        context
            .metrics()
            .counters(
                "tethys_schema_collisions_total",
                "Attributes that were not renamed because the new name was there already.",
                "processor",
                "name");
  }

  void translated(SchemaUrl target) {
    translated.with(processor, target.toString()).inc();
  }

  void untranslated(Untranslated reason) {
    untranslated.with(processor, reason.word()).inc();
  }

  void collision(String name) {
    boolean known;
    synchronized (names) {
      known = names.contains(name) || names.size() < MAX_NAMES && names.add(name);
    }
    collisions.with(processor, known ? name : OTHER).inc();
  }
}
