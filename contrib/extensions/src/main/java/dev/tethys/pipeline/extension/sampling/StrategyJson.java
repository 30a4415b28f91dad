package dev.tethys.pipeline.extension.sampling;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.protobuf.ProtoReader;

/**
 * {@code jaeger.api_v2.SamplingStrategyResponse} as Jaeger's agents and collectors return it over
 * HTTP.
 */
final class StrategyJson {
  private static final int VARINT = ProtoReader.VARINT;
  private static final int FIXED64 = ProtoReader.FIXED64;
  private static final int LENGTH = ProtoReader.LENGTH;

  private StrategyJson() {}

  /**
   * Formats a response as JSON.
   *
   * @throws dev.tethys.codec.CodecException if it is invalid
   */
  static String of(byte[] answer) {
    boolean limiting = false;
    StringBuilder parts = new StringBuilder();
    ProtoReader r = new ProtoReader(answer);
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | VARINT -> limiting = r.readInt() == 1;
        case 2 << 3 | LENGTH -> rate(r, parts.append(",\"probabilisticSampling\":"));
        case 3 << 3 | LENGTH ->
            parts
                .append(",\"rateLimitingSampling\":{\"maxTracesPerSecond\":")
                .append(perSecond(r))
                .append('}');
        case 4 << 3 | LENGTH -> operations(r, parts.append(",\"operationSampling\":"));
        default -> r.skip();
      }
    }
    String type = limiting ? "RATE_LIMITING" : "PROBABILISTIC";
    return "{\"strategyType\":\"" + type + "\"" + parts + "}";
  }

  private static void rate(ProtoReader r, StringBuilder out) {
    double rate = 0;
    int outer = r.enter();
    while (r.next()) {
      if (r.tag() == (1 << 3 | FIXED64)) {
        rate = Double.longBitsToDouble(r.readFixed64());
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    out.append("{\"samplingRate\":").append(rate).append('}');
  }

  private static int perSecond(ProtoReader r) {
    int n = 0;
    int outer = r.enter();
    while (r.next()) {
      if (r.tag() == (1 << 3 | VARINT)) {
        n = r.readInt();
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    return n;
  }

  private static void operations(ProtoReader r, StringBuilder out) {
    double[] numbers = new double[5]; // by their fields
    StringBuilder each = new StringBuilder();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | FIXED64, 2 << 3 | FIXED64, 4 << 3 | FIXED64 -> {
          int field = r.field();
          numbers[field] = Double.longBitsToDouble(r.readFixed64());
        }
        case 3 << 3 | LENGTH -> operation(r, each.append(each.isEmpty() ? "" : ","));
        default -> r.skip();
      }
    }
    r.leave(outer);
    out.append("{\"defaultSamplingProbability\":").append(numbers[1]);
    out.append(",\"defaultLowerBoundTracesPerSecond\":").append(numbers[2]);
    out.append(",\"perOperationStrategies\":[").append(each);
    out.append("],\"defaultUpperBoundTracesPerSecond\":").append(numbers[4]).append('}');
  }

  private static void operation(ProtoReader r, StringBuilder out) {
    String name = "";
    StringBuilder rate = new StringBuilder();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> name = r.readString();
        case 2 << 3 | LENGTH -> rate(r, rate.append(",\"probabilisticSampling\":"));
        default -> r.skip();
      }
    }
    r.leave(outer);
    out.append("{\"operation\":").append(JsonValues.write(name)).append(rate).append('}');
  }
}
