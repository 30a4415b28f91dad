package dev.tethys.codec.opamp;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.nio.charset.StandardCharsets;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Configuration offered by a server to an agent.
 *
 * @param files files by name, sorted by name, which is also the merge order; without a {@link
 *     File#YAML} file, the agent uses the configuration it has without a server
 * @param hash identity, chosen by the server
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record RemoteConfig(SequencedMap<String, File> files, byte[] hash) {
  /**
   * One configuration file.
   *
   * @param type content type; "" if the server sent none
   */
  public record File(String text, String type) {
    /** Content type of configuration parts in YAML. */
    public static final String YAML = "text/yaml";

    /** Creates a YAML part of an agent configuration. */
    public static File yaml(String text) {
      return new File(text, YAML);
    }
  }

  void write(ProtoWriter w, int field) {
    int m = w.begin(field);
    int map = w.begin(1);
    files.forEach(
        (name, content) -> {
          int entry = w.begin(1);
          w.string(1, name);
          int file = w.begin(2);
          w.bytes(1, content.text.getBytes(StandardCharsets.UTF_8)).string(2, content.type);
          w.end(file);
          w.end(entry);
        });
    w.end(map);
    w.bytes(2, hash);
    w.end(m);
  }

  static RemoteConfig read(ProtoReader r) {
    int outer = r.enter();
    SequencedMap<String, File> files = new TreeMap<>();
    byte[] hash = {};
    while (r.next()) {
      switch (r.field()) {
        case 1 -> files(r, files, Integer.MAX_VALUE);
        case 2 -> hash = r.readBytes();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new RemoteConfig(files, hash);
  }

  /**
   * Reads an AgentConfigMap.
   *
   * @param most maximum number of files; further ones are skipped
   */
  static void files(ProtoReader r, SequencedMap<String, File> into, int most) {
    int outer = r.enter();
    while (r.next()) {
      if (r.field() != 1 || into.size() >= most) {
        r.skip();
        continue;
      }
      int entry = r.enter();
      String name = "";
      String text = "";
      String type = "";
      while (r.next()) {
        switch (r.field()) {
          case 1 -> name = r.readString();
          case 2 -> {
            int file = r.enter();
            while (r.next()) {
              switch (r.field()) {
                case 1 -> text = r.readString();
                case 2 -> type = r.readString();
                default -> r.skip();
              }
            }
            r.leave(file);
          }
          default -> r.skip();
        }
      }
      r.leave(entry);
      into.put(name, new File(text, type));
    }
    r.leave(outer);
  }
}
