package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.LogRecord;

/** Reads log records. */
final class LogReader implements OtlpReader.ItemReader<LogRecord> {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int VARINT = ProtoReader.VARINT;
  private static final int FIXED64 = ProtoReader.FIXED64;

  private final FieldReader f;

  LogReader(FieldReader f) {
    this.f = f;
  }

  @Override
  public LogRecord read() {
    ProtoReader r = f.r;
    LogRecord log = new LogRecord();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | FIXED64 -> log.setTimeUnixNano(r.readFixed64());
        case 2 << 3 | VARINT -> log.setSeverityNumber(r.readInt());
        case 3 << 3 | LENGTH -> log.setSeverityText(f.name());
        case 5 << 3 | LENGTH -> log.setBody(f.value(log.rawBody()));
        case 6 << 3 | LENGTH -> f.attribute(log.attributes());
        case 7 << 3 | VARINT -> log.setDroppedAttributesCount(r.readInt());
        case 8 << 3 | ProtoReader.FIXED32 -> log.setFlags(r.readFixed32());
        case 9 << 3 | LENGTH -> {
          int id = f.traceId();
          log.setTraceId(f.high(id), f.low(id));
        }
        case 10 << 3 | LENGTH -> log.setSpanId(f.spanId());
        case 11 << 3 | FIXED64 -> log.setObservedTimeUnixNano(r.readFixed64());
        case 12 << 3 | LENGTH -> log.setEventName(f.name());
        default -> f.unknown(log);
      }
    }
    return log;
  }
}
