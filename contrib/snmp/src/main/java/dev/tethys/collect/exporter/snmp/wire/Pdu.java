package dev.tethys.collect.exporter.snmp.wire;

import java.util.ArrayList;
import java.util.List;

/**
 * A request or a response, without its security wrapper.
 *
 * @param errorStatus error status; for a GetBulk, the number of non-repeaters
 * @param errorIndex error index; for a GetBulk, the maximum number of repetitions
 */
record Pdu(int type, int requestId, int errorStatus, int errorIndex, List<Binding> bindings) {
  static final int GET = 0xa0;
  static final int GET_NEXT = 0xa1;
  static final int RESPONSE = 0xa2;
  static final int GET_BULK = 0xa5;
  static final int REPORT = 0xa8;

  /** Creates a request for these objects. */
  static Pdu request(int type, int repetitions, List<Oid> oids) {
    return new Pdu(
        type,
        0,
        0,
        repetitions,
        oids.stream().map(o -> new Binding(o, SnmpValue.Nothing.NULL)).toList());
  }

  Pdu withId(int id) {
    return new Pdu(type, id, errorStatus, errorIndex, bindings);
  }

  /** Encodes the contents of a request. */
  BerWriter content() {
    BerWriter all = new BerWriter();
    for (Binding b : bindings) {
      all.value(Ber.SEQUENCE, new BerWriter().oid(b.name()).value(Ber.NULL, new byte[0]));
    }
    return new BerWriter()
        .integer(requestId)
        .integer(errorStatus)
        .integer(errorIndex)
        .value(Ber.SEQUENCE, all);
  }

  static Pdu read(BerReader r) throws MalformedMessageException {
    int type = r.tag();
    if (type != RESPONSE && type != REPORT) {
      throw new MalformedMessageException(
          "expected a response, got a message of type 0x%02x".formatted(type));
    }
    BerReader in = r.inside(type);
    int id = (int) in.integer();
    int status = (int) in.integer();
    int index = (int) in.integer();
    BerReader list = in.inside(Ber.SEQUENCE);
    List<Binding> bindings = new ArrayList<>();
    while (list.hasMore()) {
      BerReader b = list.inside(Ber.SEQUENCE);
      bindings.add(new Binding(b.oid(), b.value()));
    }
    return new Pdu(type, id, status, index, bindings);
  }
}
