package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.logs.LogEntry;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Stages with one or two lines of logic. */
final class SimpleStages {
  private static final Section OUTPUT = new Section("output", "Sets the line.");
  private static final Key<String> SOURCE =
      OUTPUT.required("source", Type.STRING, "Extracted value that replaces the line.");

  private static final Section TENANT = new Section("tenant", "Sets the tenant of the entry.");
  private static final Key<String> TENANT_LABEL =
      TENANT.key("label", Type.STRING, "", "Label that contains the tenant.");
  private static final Key<String> TENANT_SOURCE =
      TENANT.key("source", Type.STRING, "", "Extracted value that contains the tenant.");
  private static final Key<String> TENANT_VALUE =
      TENANT.key("value", Type.STRING, "", "Name of the tenant.");

  private SimpleStages() {}

  static Stage.Change output(YamlNode config) {
    return output(nonEmpty(config.object(OUTPUT), SOURCE));
  }

  static Stage.Change output(String source) {
    return e -> {
      String s = e.extracted.text(source);
      if (s != null) {
        e.entry.setLine(s);
      }
    };
  }

  static Stage.Change tenant(YamlNode config) {
    YamlObject o = config.object(TENANT);
    String label = o.get(TENANT_LABEL);
    String source = o.get(TENANT_SOURCE);
    String value = o.get(TENANT_VALUE);
    if (Stream.of(label, source, value).filter(s -> !s.isEmpty()).count() != 1) {
      throw o.error("tenant stage requires exactly one of label, source and value");
    }
    return new Tenant(label, source, value);
  }

  /** Sets the tenant label of an entry; an empty or missing value leaves the entry unchanged. */
  private static final class Tenant implements Stage.Change {
    private final String label;
    private final String source;
    private final String value;
    private final LabelChange change = new LabelChange(List.of(LogEntry.TENANT_LABEL));
    private final @Nullable String[] values = new String[1];

    Tenant(String label, String source, String value) {
      this.label = label;
      this.source = source;
      this.value = value;
    }

    @Override
    public void change(StageEntry e) {
      String tenant =
          !source.isEmpty()
              ? e.extracted.text(source)
              : !label.isEmpty() ? e.labels().getOrNull(label) : value;
      if (tenant != null && !tenant.isEmpty()) {
        values[0] = tenant;
        e.entry.setLabels(change.apply(e.labels(), values));
      }
    }

    @Override
    public Stage fork() {
      return new Tenant(label, source, value);
    }
  }

  static Stage.Change decolorize(YamlNode config) {
    config.object(new Section("decolorize", "Removes colour codes from the line; it has no keys."));
    return e -> {
      String line = e.line();
      e.entry.setLine(EscapeSequences.remove(line));
    };
  }

  /** Reads a required key that must not be empty. */
  static String nonEmpty(YamlObject o, Key<String> key) {
    String s = o.get(key);
    if (s.isEmpty()) {
      throw o.error(key, "\"" + key.name() + "\" must not be empty in " + o.node().path());
    }
    return s;
  }
}
