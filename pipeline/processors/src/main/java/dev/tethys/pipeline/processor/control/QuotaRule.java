package dev.tethys.pipeline.processor.control;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.volume.Prices;
import dev.tethys.pipeline.web.Json;
import java.time.Duration;
import java.util.Locale;

/**
 * Amount of data allowed for the agents of a fleet in a period, and the steps on the way to the
 * limit.
 *
 * @param limit limit in the unit, for each value of {@code by}, for all agents together
 * @param period periods start at multiples of it since 1970, in UTC
 * @param by resource attribute; "" for one amount of the whole scope
 * @param warnAt share of the limit from which a warning is shown
 * @param sampleAt share of the limit from which items are sampled; 0 for never
 * @param sampleShare share of items that sampling keeps
 * @param prices convert bytes and items to money
 * @param agents number of agents that divide the limit until the control plane assigns shares; 0 if
 *     a single agent has all of it
 */
public record QuotaRule(
    double limit,
    Unit unit,
    Duration period,
    String by,
    double warnAt,
    double sampleAt,
    double sampleShare,
    Prices.Price prices,
    int agents) {
  /** Unit of a limit. */
  public enum Unit {
    ITEMS,
    BYTES,
    COST
  }

  /** Step of a quota, in ascending order. */
  public enum Step {
    OK,
    WARN,
    SAMPLE,
    OVERFLOW;

    /** Returns the name, such as {@code overflow}. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofDays(31);
  private static final double MAX_LIMIT = 1e18;
  private static final double MIN_SHARE = 1e-6;

  static final Section SECTION = new Section("quota", "Quota of a scope.");
  private static final Key<Double> LIMIT =
      SECTION.required(
          "limit", Type.FLOAT, "Amount that passes in a period, of all agents together.");
  private static final Key<Unit> UNIT =
      SECTION.key(
          "unit",
          Type.lowerCase("unit", Unit.class),
          Unit.BYTES,
          "Unit of the limit: items, bytes or cost.");
  private static final Key<String> PERIOD =
      SECTION.key("period", Type.STRING, "24h", "Period, in UTC, from 1s to 31d.");
  private static final Key<String> BY =
      SECTION.key(
          "by",
          Type.STRING,
          "",
          "Resource attribute, such as team; the limit applies to each of its values.");
  private static final Key<Double> WARN_AT =
      SECTION.key("warnAt", Type.FLOAT, 0.8, "Share of the limit at which a warning is shown.");
  private static final Key<Double> SAMPLE_AT =
      SECTION.key(
          "sampleAt",
          Type.FLOAT,
          0.0,
          "Share of the limit from which logs and spans are sampled; 0 for never.");
  private static final Key<Double> SHARE =
      SECTION.key("sampleShare", Type.FLOAT, 0.1, "Share that sampling keeps.");
  private static final Key<Double> PER_GIB =
      SECTION.key("pricePerGib", Type.FLOAT, 0.0, "Price of 1 GiB, for the unit cost.");
  private static final Key<Double> PER_MILLION =
      SECTION.key(
          "pricePerMillionItems",
          Type.FLOAT,
          0.0,
          "Price of one million items, for the unit cost.");

  private static final Key<Long> AGENTS =
      SECTION.key(
          "agents",
          Type.INT,
          0L,
          "Agents among which the limit is divided; the control plane sets it.");

  static final Type<QuotaRule> TYPE = SECTION.type(QuotaRule::read);

  private static QuotaRule read(YamlObject o) {
    QuotaRule r =
        new QuotaRule(
            o.get(LIMIT),
            o.get(UNIT),
            period(o),
            o.get(BY),
            o.get(WARN_AT),
            o.get(SAMPLE_AT),
            o.get(SHARE),
            new Prices.Price(o.get(PER_GIB), o.get(PER_MILLION)),
            Math.toIntExact(Math.clamp(o.get(AGENTS), 0, 1_000_000)));
    if (!(r.limit > 0 && r.limit <= MAX_LIMIT)) {
      throw o.error(LIMIT, "must be more than 0");
    }
    if (!(r.warnAt > 0 && r.warnAt <= 1)) {
      throw o.error(WARN_AT, "must be more than 0 and at most 1");
    }
    if (!(r.sampleAt == 0 || r.sampleAt >= r.warnAt && r.sampleAt < 1)) {
      throw o.error(SAMPLE_AT, "must be 0, or from warnAt to less than 1");
    }
    if (!(r.sampleShare >= MIN_SHARE && r.sampleShare < 1)) {
      throw o.error(SHARE, "must be from 0.000001 to less than 1");
    }
    boolean priced = r.prices.perGib() > 0 || r.prices.perMillionItems() > 0;
    if (r.prices.perGib() < 0 || r.prices.perMillionItems() < 0) {
      throw o.error("prices must be at least 0");
    }
    if (priced != (r.unit == Unit.COST)) {
      throw o.error("the unit cost, and no other, requires pricePerGib or pricePerMillionItems");
    }
    return r;
  }

  private static Duration period(YamlObject o) {
    try {
      Duration d = Durations.parse(o.get(PERIOD));
      if (d.compareTo(SHORTEST) >= 0 && d.compareTo(LONGEST) <= 0) {
        return d;
      }
    } catch (IllegalArgumentException | ConfigException e) {
      // reported below
    }
    throw o.error(PERIOD, "must be a duration from 1s to 31d, not " + o.get(PERIOD));
  }

  /** Returns the quota divided among agents. */
  QuotaRule among(int n) {
    return new QuotaRule(limit, unit, period, by, warnAt, sampleAt, sampleShare, prices, n);
  }

  /**
   * Returns the amount of a value that each of {@code n} agents may use before requesting more. The
   * other half of the limit goes to the largest users.
   */
  public double initialShare(int n) {
    return n <= 1 ? limit : limit / (2.0 * n);
  }

  /** Returns the number of the period that contains a time. */
  public long periodAt(long millis) {
    return Math.floorDiv(millis, period.toMillis());
  }

  /** Returns the amount of a volume in the unit. */
  double amount(long items, long bytes) {
    return switch (unit) {
      case ITEMS -> items;
      case BYTES -> bytes;
      case COST -> prices.micros(items, bytes) / 1e6;
    };
  }

  /** Returns the step for a used amount. */
  public Step step(double used) {
    double share = used / limit;
    return share >= 1
        ? Step.OVERFLOW
        : sampleAt > 0 && share >= sampleAt ? Step.SAMPLE : share >= warnAt ? Step.WARN : Step.OK;
  }

  void write(Json j) {
    j.open('{').key("limit").raw(Double.toString(limit));
    j.key("unit").text(unit.name().toLowerCase(Locale.ROOT));
    j.key("period").text(period.toSeconds() + "s");
    if (!by.isEmpty()) {
      j.key("by").text(by);
    }
    j.key("warnAt").raw(Double.toString(warnAt));
    if (sampleAt > 0) {
      j.key("sampleAt").raw(Double.toString(sampleAt));
      j.key("sampleShare").raw(Double.toString(sampleShare));
    }
    if (unit == Unit.COST) {
      j.key("pricePerGib").raw(Double.toString(prices.perGib()));
      j.key("pricePerMillionItems").raw(Double.toString(prices.perMillionItems()));
    }
    if (agents > 0) {
      j.key("agents").number(agents);
    }
    j.close('}');
  }
}
