package dev.tethys.codec.opamp;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;

/** Message of a capability that OpAMP itself does not define. */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record CustomMessage(String capability, String type, byte[] data) {
  void write(ProtoWriter w, int field) {
    int m = w.begin(field);
    w.string(1, capability).string(2, type).bytes(3, data);
    w.end(m);
  }

  static CustomMessage read(ProtoReader r) {
    int outer = r.enter();
    String capability = "";
    String type = "";
    byte[] data = {};
    while (r.next()) {
      switch (r.field()) {
        case 1 -> capability = r.readString();
        case 2 -> type = r.readString();
        case 3 -> data = r.readBytes();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new CustomMessage(capability, type, data);
  }
}
