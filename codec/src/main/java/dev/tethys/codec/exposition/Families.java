package dev.tethys.codec.exposition;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.NameScheme;
import dev.tethys.model.Surrogates;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Point;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.exposition.PackedMetrics;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads complete expositions as families for linters and push gateways: the data is kept unchanged,
 * including labels with empty values and duplicate metrics. Exemplars are omitted.
 */
public final class Families {
  private static final int HISTOGRAM = 4;
  private static final int GAUGE_HISTOGRAM = 5;

  private Families() {}

  /**
   * Reads text 0.0.4 with the rules and errors of Prometheus's Go library, which are stricter than
   * those of scraping: the last line ends with a line feed, a family has one type.
   *
   * @throws ExpositionException naming the line
   */
  public static List<MetricFamily> text(byte[] body, NameScheme names) {
    return text(body, names, Long.MAX_VALUE);
  }

  /**
   * Reads the same text with at most {@code maxMetrics} metrics.
   *
   * @throws TooManyMetricsException if there are more
   */
  public static List<MetricFamily> text(byte[] body, NameScheme names, long maxMetrics) {
    return new FamilyText(body, names, maxMetrics).read();
  }

  /**
   * Reads delimited {@code io.prometheus.client.MetricFamily} messages; the last family of a name
   * wins.
   *
   * @throws ExpositionException if the bytes are not such messages
   */
  public static List<MetricFamily> protobuf(byte[] body) {
    return protobuf(body, Long.MAX_VALUE);
  }

  /**
   * Reads the same messages with at most {@code maxMetrics} metrics.
   *
   * @throws TooManyMetricsException if there are more
   */
  public static List<MetricFamily> protobuf(byte[] body, long maxMetrics) {
    Map<String, MetricFamily> out = new LinkedHashMap<>();
    long metrics = 0;
    int pos = 0;
    ProtoReader r = new ProtoReader();
    try {
      while (pos < body.length) {
        r.reset(body, pos, body.length - pos);
        long n = r.readVarint();
        if (n < 0 || n > body.length - r.position()) {
          throw new ExpositionException("unexpected EOF");
        }
        int from = r.position();
        pos = from + (int) n;
        MetricFamily f = family(body, from, (int) n, maxMetrics - metrics);
        metrics += f.metrics().size();
        out.put(f.name(), f);
      }
    } catch (ExpositionException | TooManyMetricsException e) {
      throw e;
    } catch (CodecException e) {
      throw new ExpositionException("proto: cannot parse invalid wire-format data", e);
    }
    return List.copyOf(out.values());
  }

  /**
   * Reads one {@code io.prometheus.client.MetricFamily} message that has no length prefix.
   *
   * @throws ExpositionException if the bytes are not such a message
   */
  public static MetricFamily message(byte[] body) {
    try {
      return family(body, 0, body.length, Long.MAX_VALUE);
    } catch (ExpositionException e) {
      throw e;
    } catch (CodecException e) {
      throw new ExpositionException("proto: cannot parse invalid wire-format data", e);
    }
  }

  /** Reads twice: the type, which determines the kind of a metric, may follow the metrics. */
  private static MetricFamily family(byte[] body, int offset, int length, long maxMetrics) {
    String name = "";
    String help = "";
    String unit = "";
    int type = 0;
    long metrics = 0;
    ProtoReader r = new ProtoReader().reset(body, offset, length);
    while (r.next()) {
      switch (r.field()) {
        case 1 -> name = r.readString();
        case 2 -> help = r.readString();
        case 3 -> type = r.readInt();
        case 4 -> {
          if (++metrics > maxMetrics) {
            throw new TooManyMetricsException(maxMetrics);
          }
          int n = r.readLength();
          r.position(r.position() + n);
        }
        case 5 -> unit = r.readString();
        default -> r.skip();
      }
    }
    String family = name;
    MetricMessage.ErrorContext place =
        new MetricMessage.ErrorContext() {
          @Override
          public String metricName() {
            return family;
          }

          @Override
          public ExpositionException error(String what) {
            return new ExpositionException(what);
          }
        };
    PackedMetrics.Builder out = PackedMetrics.builder();
    MetricMessage m = new MetricMessage();
    r = new ProtoReader().reset(body, offset, length);
    while (r.next()) {
      if (r.field() != 4) {
        r.skip();
        continue;
      }
      int n = r.readLength();
      m.read(new ProtoReader(), body, r.position(), n);
      r.position(r.position() + n);
      out.add(
          new Metric(
              labels(m, body), point(m, type, place), m.timestampOrNull(), m.startTimestamp));
    }
    return new MetricFamily(name, type(name, type), help, unit, out.build());
  }

  private static Labels labels(MetricMessage m, byte[] body) {
    LabelsBuilder b = new LabelsBuilder();
    ProtoReader r = new ProtoReader();
    for (int i = 0; i < m.labels; i++) {
      r.reset(body, m.labelAt[i * 2], m.labelAt[i * 2 + 1]);
      r.next();
      int outer = r.enter();
      String name = "";
      String value = "";
      while (r.next()) {
        switch (r.field()) {
          case 1 -> name = r.readString();
          case 2 -> value = r.readString();
          default -> r.skip();
        }
      }
      r.leave(outer);
      if (name.isEmpty()) {
        throw new ExpositionException("a label without a name");
      }
      b.show(name, value);
    }
    return b.build();
  }

  private static Point point(MetricMessage m, int type, MetricMessage.ErrorContext place) {
    if (type == 2) {
      return new Quantiles(
          m.count(),
          m.sum,
          Arrays.copyOf(m.bounds, m.quantiles),
          Arrays.copyOf(m.cumulative, m.quantiles));
    }
    if (type != HISTOGRAM && type != GAUGE_HISTOGRAM) {
      return new Value(m.value, null);
    }
    Buckets classic =
        new Buckets(
            m.count(),
            m.sum,
            Arrays.copyOf(m.bounds, m.buckets),
            Arrays.copyOf(m.cumulative, m.buckets),
            List.of());
    return m.isNative()
        ? new Native(
            m.nativeHistogram(type == GAUGE_HISTOGRAM, place),
            m.buckets > 0 ? classic : null,
            List.of())
        : classic;
  }

  private static MetricType type(String name, int number) {
    return switch (number) {
      case 0 -> MetricType.COUNTER;
      case 1 -> MetricType.GAUGE;
      case 2 -> MetricType.SUMMARY;
      case 3 -> MetricType.UNKNOWN;
      case HISTOGRAM -> MetricType.HISTOGRAM;
      case GAUGE_HISTOGRAM -> MetricType.GAUGEHISTOGRAM;
      default ->
          throw new ExpositionException(
              "unknown metric type for metric " + GoQuote.quote(name) + ": " + number);
    };
  }

  /** The type as protobuf names it, for messages and JSON. */
  public static String typeName(MetricType t) {
    return switch (t) {
      case COUNTER -> "COUNTER";
      case GAUGE, INFO, STATESET -> "GAUGE";
      case SUMMARY -> "SUMMARY";
      case UNKNOWN -> "UNTYPED";
      case HISTOGRAM -> "HISTOGRAM";
      case GAUGEHISTOGRAM -> "GAUGE_HISTOGRAM";
    };
  }

  /** A number in text, or null. */
  static @Nullable Double number(String s) {
    byte[] b = Surrogates.utf8(s);
    double v = DecimalParser.parse(b, 0, b.length);
    return DecimalParser.failed(v) ? null : v;
  }
}
