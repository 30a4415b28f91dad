package dev.tethys.collect.host.internal;

import com.google.re2j.Pattern;
import dev.tethys.collect.host.NodeExporterOptions;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Counters of the memory management from /proc/vmstat. */
final class VmstatCollector implements NodeCollector {
  private record Field(@Nullable Desc desc) {}

  private final Pattern pattern;
  private final NamedObjectCache<Field> fields = new NamedObjectCache<>(this::field);

  VmstatCollector(NodeExporterOptions options) {
    pattern = Pattern.compile(options.string("collector.vmstat.fields"));
  }

  private Field field(String name) {
    return new Field(
        pattern.matcher(name).find()
            ? Desc.untyped("node_vmstat_" + name, "/proc/vmstat information field " + name + ".")
            : null);
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("vmstat"));
    for (int i = 0; t.nextLine(); i++) {
      t.needField();
      Field f = fields.at(i, t, t.fieldStart, t.fieldEnd);
      t.needField();
      if (f.desc != null) {
        out.add(f.desc, t.number());
      }
    }
  }
}
