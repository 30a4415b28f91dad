package dev.tethys.codec.exposition;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Wraps a parser and converts classic histograms to native ones with custom buckets; each is
 * returned after its last series. Series are collected only after a TYPE line of a histogram, if
 * their name is the family's with a suffix; after a native histogram with the same labels the
 * classic series belong to it and are not converted.
 *
 * <p>States: nothing collected; collecting the series of {@link #collected}; one event of the
 * parser delayed until the converted histogram is returned. {@link #inhibited} names the native
 * histogram whose classic series pass unchanged.
 */
final class ClassicHistogramConverter implements ExpositionParser {
  private static final long NO_TIME = Long.MIN_VALUE;
  private static final byte[] LE = {'l', 'e'};

  private enum Part {
    NONE,
    BUCKET,
    COUNT,
    SUM
  }

  private final ExpositionParser parser;
  private final boolean keepClassic;
  private final ClassicBuckets buckets = new ClassicBuckets();

  private String family = "";
  private MetricType type = MetricType.UNKNOWN;

  private @Nullable Labels collected;
  private @Nullable Labels inhibited;
  private boolean collectedHasTimestamp;
  private long collectedTimestamp;
  private long collectedStart;
  private final Deque<Exemplar> exemplars = new ArrayDeque<>();

  private boolean emitting;
  private @Nullable Event held;
  private @Nullable Histogram converted;
  private Labels convertedLabels = Labels.EMPTY;
  private long convertedStart;
  private boolean convertedHasTimestamp;
  private long convertedTimestamp;
  private final Deque<Exemplar> convertedExemplars = new ArrayDeque<>();
  private byte[] convertedKey = new byte[0];
  private Event event = Event.COMMENT;

  ClassicHistogramConverter(ExpositionParser parser, boolean keepClassic) {
    this.parser = parser;
    this.keepClassic = keepClassic;
  }

  @Override
  public Event next() {
    while (true) {
      Event e = held;
      held = null;
      emitting = false;
      if (e == null) {
        e = parser.next();
        if (e == Event.TYPE) {
          // The collected series belong to the previous family, so they are returned first.
          if (finish(e)) {
            return event = Event.HISTOGRAM;
          }
        }
      }
      switch (e) {
        case TYPE -> {
          family = parser.metricName();
          type = parser.type();
        }
        case SERIES -> {
          Sample s = sample();
          if (s == null || !s.base.equals(collected)) {
            if (finish(e)) {
              return event = Event.HISTOGRAM;
            }
          }
          if (s != null && collect(s) && !keepClassic) {
            continue;
          }
        }
        case HISTOGRAM -> {
          if (finish(e)) {
            return event = Event.HISTOGRAM;
          }
          inhibited = parser.labels();
        }
        default -> {
          if (finish(e)) {
            return event = Event.HISTOGRAM;
          }
        }
      }
      return event = e;
    }
  }

  /**
   * Series of a classic histogram: the labels of the histogram, and the role of the series in it.
   */
  private record Sample(Labels base, Part part, double bound) {}

  private @Nullable Sample sample() {
    if (type != MetricType.HISTOGRAM) {
      return null;
    }
    Labels labels = parser.labels();
    String name = labels.metricName();
    Part part = Part.NONE;
    double bound = 0;
    if (name.length() > family.length() && name.startsWith(family)) {
      part =
          switch (name.substring(family.length())) {
            case "_bucket" -> Part.BUCKET;
            case "_count" -> Part.COUNT;
            case "_sum" -> Part.SUM;
            default -> Part.NONE;
          };
    }
    if (part == Part.BUCKET) {
      long at = labels.find(LE);
      if (at < 0) {
        return null;
      }
      int from = (int) (at >>> 32);
      bound = DecimalParser.parse(labels.canonicalBytes(), from, from + (int) at);
      if (DecimalParser.failed(bound) || Double.isNaN(bound)) {
        return null;
      }
    }
    if (part == Part.NONE) {
      return null;
    }
    Labels base =
        new LabelsBuilder(labels.drop(List.of("le"))).set(Labels.METRIC_NAME, family).build();
    return new Sample(base, part, bound);
  }

  private boolean collect(Sample s) {
    if (s.base.equals(inhibited)) {
      return false;
    }
    inhibited = null;
    if (collected == null) {
      collected = s.base;
      collectedStart = parser.startTimestamp();
      buckets.clear();
      exemplars.clear();
    }
    collectedHasTimestamp = parser.hasTimestamp();
    collectedTimestamp = parser.timestamp();
    for (Exemplar e = parser.nextExemplar(NO_TIME); e != null; e = parser.nextExemplar(NO_TIME)) {
      if (e.timestamp() != NO_TIME) {
        exemplars.add(e);
      }
    }
    switch (s.part) {
      case BUCKET -> buckets.bucket(s.bound, parser.value());
      case COUNT -> buckets.count(parser.value());
      case SUM -> buckets.sum(parser.value());
      case NONE -> throw new IllegalStateException("not part of a histogram");
    }
    return true;
  }

  /** Ends the collection; returns true if the result is a histogram, which delays the event. */
  private boolean finish(Event next) {
    Labels labels = collected;
    collected = null;
    if (labels == null) {
      return false;
    }
    Histogram h = buckets.convert(Histogram.ResetHint.UNKNOWN);
    if (h == null) {
      return false;
    }
    converted = h;
    convertedLabels = labels;
    convertedStart = collectedStart;
    convertedHasTimestamp = collectedHasTimestamp;
    convertedTimestamp = collectedTimestamp;
    convertedExemplars.clear();
    convertedExemplars.addAll(exemplars);
    byte[] canonical = labels.canonicalBytes();
    convertedKey = Arrays.copyOf(canonical, canonical.length + 1);
    convertedKey[canonical.length] = (byte) 0xff; // no key of a text ends so
    emitting = true;
    held = next;
    return true;
  }

  @Override
  public byte[] buffer() {
    return emitting ? convertedKey : parser.buffer();
  }

  @Override
  public int keyOffset() {
    return emitting ? 0 : parser.keyOffset();
  }

  @Override
  public int keyLength() {
    return emitting ? convertedKey.length : parser.keyLength();
  }

  @Override
  public int textOffset() {
    return parser.textOffset();
  }

  @Override
  public int textLength() {
    return emitting ? 0 : parser.textLength();
  }

  @Override
  public Labels labels() {
    return emitting ? convertedLabels : parser.labels();
  }

  /** Returns none for a converted histogram, as in Prometheus. */
  @Override
  public List<String> emptyLabels() {
    return emitting ? List.of() : parser.emptyLabels();
  }

  @Override
  public double value() {
    return parser.value();
  }

  @Override
  public Histogram histogram() {
    Histogram h = converted;
    return emitting && h != null ? h : parser.histogram();
  }

  @Override
  public boolean hasTimestamp() {
    return emitting ? convertedHasTimestamp : parser.hasTimestamp();
  }

  @Override
  public long timestamp() {
    return emitting ? convertedTimestamp : parser.timestamp();
  }

  @Override
  public long startTimestamp() {
    if (emitting) {
      return convertedStart;
    }
    return event == Event.SERIES && collected != null ? collectedStart : parser.startTimestamp();
  }

  @Override
  public @Nullable Exemplar nextExemplar(long defaultTimestamp) {
    return emitting ? convertedExemplars.poll() : parser.nextExemplar(defaultTimestamp);
  }

  @Override
  public String metricName() {
    return parser.metricName();
  }

  @Override
  public MetricType type() {
    return emitting ? MetricType.HISTOGRAM : parser.type();
  }

  @Override
  public String text() {
    return parser.text();
  }
}
