package dev.tethys.codec.opamp;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.nio.charset.StandardCharsets;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Configuration that a server offers to an agent.
 *
 * @param files text by name, in the order of the names, which is that of merging; empty for the
 *     configuration that the agent has without a server
 * @param hash identity, chosen by the server
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record RemoteConfig(SequencedMap<String, String> files, byte[] hash) {
  void write(ProtoWriter w, int field) {
    int m = w.begin(field);
    int map = w.begin(1);
    files.forEach(
        (name, text) -> {
          int entry = w.begin(1);
          w.string(1, name);
          int file = w.begin(2);
          w.bytes(1, text.getBytes(StandardCharsets.UTF_8)).string(2, "text/yaml");
          w.end(file);
          w.end(entry);
        });
    w.end(map);
    w.bytes(2, hash);
    w.end(m);
  }

  static RemoteConfig read(ProtoReader r) {
    int outer = r.enter();
    SequencedMap<String, String> files = new TreeMap<>();
    byte[] hash = {};
    while (r.next()) {
      switch (r.field()) {
        case 1 -> files(r, files);
        case 2 -> hash = r.readBytes();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new RemoteConfig(files, hash);
  }

  /** Reads an AgentConfigMap. */
  static void files(ProtoReader r, SequencedMap<String, String> into) {
    int outer = r.enter();
    while (r.next()) {
      if (r.field() != 1) {
        r.skip();
        continue;
      }
      int entry = r.enter();
      String name = "";
      String text = "";
      while (r.next()) {
        switch (r.field()) {
          case 1 -> name = r.readString();
          case 2 -> {
            int file = r.enter();
            while (r.next()) {
              if (r.field() == 1) {
                text = r.readString();
              } else {
                r.skip();
              }
            }
            r.leave(file);
          }
          default -> r.skip();
        }
      }
      r.leave(entry);
      into.put(name, text);
    }
    r.leave(outer);
  }
}
