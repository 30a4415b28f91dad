package dev.tethys.collect.host.internal;

import com.google.re2j.Pattern;
import dev.tethys.collect.host.NodeExporterOptions;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Counters of the network protocols from /proc/net/netstat, snmp and snmp6. */
final class NetstatCollector implements NodeCollector {
  private record Field(@Nullable Desc desc) {}

  private final Pattern pattern;
  private final NamedObjectCache<Field[]> netstat = new NamedObjectCache<>(this::header);
  private final NamedObjectCache<Field[]> snmp = new NamedObjectCache<>(this::header);
  private final NamedObjectCache<Field> snmp6 = new NamedObjectCache<>(this::field6);

  NetstatCollector(NodeExporterOptions options) {
    pattern = Pattern.compile(options.string("collector.netstat.fields"));
  }

  private Field field(String protocol, String name) {
    String key = protocol + "_" + name;
    return new Field(
        pattern.matcher(key).find()
            ? Desc.untyped("node_netstat_" + key, "Statistic " + protocol + name + ".")
            : null);
  }

  /** Parses the field names of a header line, after the protocol. */
  private Field[] header(String line) {
    String[] words = line.split(" ");
    String protocol = words[0].isEmpty() ? "" : words[0].substring(0, words[0].length() - 1);
    return Arrays.stream(words).skip(1).map(n -> field(protocol, n)).toArray(Field[]::new);
  }

  private Field field6(String name) {
    int six = name.indexOf('6');
    return six < 0 ? new Field(null) : field(name.substring(0, six + 1), name.substring(six + 1));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    pairs(files.read(files.proc("net/netstat")), netstat, out);
    pairs(files.read(files.proc("net/snmp")), snmp, out);
    Text t = files.readIfThere(files.proc("net/snmp6"));
    for (int i = 0; t != null && t.nextLine(); i++) {
      if (!t.nextField()) {
        continue;
      }
      Field f = snmp6.at(i, t, t.fieldStart, t.fieldEnd);
      if (f.desc != null && t.nextField()) {
        out.add(f.desc, t.number());
      }
    }
  }

  /** A line of names, then a line of as many values, both beginning with the protocol. */
  private static void pairs(Text t, NamedObjectCache<Field[]> headers, Families out)
      throws MalformedException {
    for (int i = 0; t.nextLine(); i++) {
      Field[] fields = headers.at(i, t, t.lineStart, t.lineEnd);
      if (!t.nextLine() || !t.nextField()) {
        throw t.malformed("names without values");
      }
      for (Field f : fields) {
        if (!t.nextField()) {
          throw t.malformed("fewer values than names in \"" + t.line() + "\"");
        }
        if (f.desc != null) {
          out.add(f.desc, t.number());
        }
      }
      if (t.nextField()) {
        throw t.malformed("more values than names in \"" + t.line() + "\"");
      }
    }
  }
}
