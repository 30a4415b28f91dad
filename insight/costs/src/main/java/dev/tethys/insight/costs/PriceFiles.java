package dev.tethys.insight.costs;

import dev.tethys.config.ConfigException;
import dev.tethys.config.FilePattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Regex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads price lists. */
public final class PriceFiles {
  /** Most lists of all files, and most rates of a list. */
  static final int MAX_LISTS = 1_000;

  static final int MAX_RATES = 1_000;

  /** Largest file. */
  static final long MAX_BYTES = 1 << 20;

  private static final Type<Regex> EXPRESSION =
      Type.of(
          "regex",
          null,
          n ->
              n.parse(
                  text -> {
                    Regex r = Regex.whole(text);
                    r.matches(""); // refuses what is too large
                    return r;
                  }));
  private static final Type<LocalDate> DATE =
      Type.of(
          "date",
          null,
          n ->
              n.parse(
                  text -> {
                    try {
                      return LocalDate.parse(text);
                    } catch (DateTimeException e) {
                      throw new IllegalArgumentException(
                          "date \"" + text + "\" is not a day such as 2026-01-31");
                    }
                  }));
  private static final Type<Double> PRICE = Type.of("price", null, PriceFiles::price);

  private static final Section RATE = new Section("rate", "Prices of nodes.");
  private static final Key<Map<String, Regex>> MATCH =
      RATE.key(
          "match",
          Type.map(EXPRESSION),
          Map.of(),
          "Expressions of whole attributes of the node: instance_type, region, zone, name,"
              + " cluster.");
  private static final Key<Double> CPU =
      RATE.required("cpu_hour", PRICE, "Price of a processor for an hour.");
  private static final Key<Double> MEMORY =
      RATE.required("memory_gib_hour", PRICE, "Price of a GiB of memory for an hour.");
  private static final Type<PriceList.Rate> RATE_TYPE =
      RATE.type(o -> new PriceList.Rate(Map.copyOf(o.get(MATCH)), o.get(CPU), o.get(MEMORY)));

  private static final Section TRAFFIC = new Section("traffic", "Prices of traffic.");
  private static final Key<Double> ZONES =
      TRAFFIC.optional("between_zones_gib", PRICE, "Price of a GiB sent to another zone.");
  private static final Key<Double> INTERNET =
      TRAFFIC.optional("internet_gib", PRICE, "Price of a GiB sent to a public address.");
  private static final Type<YamlObject> TRAFFIC_OBJECT = TRAFFIC.type(o -> o);

  private static final Section LIST = new Section("price list", "Prices from a day on.");
  private static final Key<String> NAME = LIST.required("name", Type.STRING, "Its name.");
  private static final Key<LocalDate> FROM = LIST.required("from", DATE, "First day, in UTC.");
  private static final Key<String> CURRENCY =
      LIST.required("currency", Type.STRING, "Currency, such as EUR.");
  private static final Key<List<PriceList.Rate>> RATES =
      LIST.required("rates", Type.list(RATE_TYPE), "Prices of nodes; the first match counts.");
  private static final Key<Double> DISK =
      LIST.optional("disk_gib_month", PRICE, "Price of a GiB of volumes for 730 hours.");
  private static final Key<YamlObject> OF_TRAFFIC =
      LIST.optional("traffic", TRAFFIC_OBJECT, "Prices of traffic.");
  private static final Type<YamlObject> LIST_OBJECT = LIST.type(o -> o);

  private static final Section FILE = new Section("prices", "Price lists.");
  private static final Key<List<YamlObject>> PRICES =
      FILE.required("prices", Type.list(LIST_OBJECT), "Price lists.");

  private PriceFiles() {}

  private static Double price(YamlNode n) {
    double v = Type.FLOAT.read(n);
    if (!(v >= 0) || Double.isInfinite(v)) {
      throw n.error("price is " + v + "; it must be a number of at least 0");
    }
    return v;
  }

  /**
   * Price lists of files, the oldest first.
   *
   * @param patterns paths whose last part may be a pattern
   * @throws ConfigException if a file is missing or not valid
   * @throws IOException if a file cannot be read
   */
  public static List<PriceList> read(List<String> patterns) throws IOException {
    List<PriceList> out = new ArrayList<>();
    Map<LocalDate, PriceList> byDay = new TreeMap<>();
    List<Path> files = new ArrayList<>();
    for (String p : patterns) {
      files.addAll(FilePattern.existing(p, "prices"));
    }
    for (Path file : files) {
      if (Files.size(file) > MAX_BYTES) {
        throw new ConfigException(
            file.toString(),
            "the file has " + Files.size(file) + " bytes; at most " + MAX_BYTES + " are read");
      }
      YamlDocument d = YamlDocument.read(file);
      out.addAll(d.readWhole(() -> lists(d)));
      if (out.size() > MAX_LISTS) {
        throw new ConfigException(
            file.toString(), out.size() + " price lists; at most " + MAX_LISTS + " are read");
      }
    }
    for (PriceList l : out) {
      PriceList before = byDay.putIfAbsent(l.from(), l);
      if (before != null) {
        throw new ConfigException(
            l.where(),
            "price list \""
                + l.name()
                + "\" begins at "
                + l.from()
                + ", as the list at "
                + before.where()
                + "; put the rates of one day into one list");
      }
    }
    out.sort(Comparator.comparing(PriceList::from));
    return List.copyOf(out);
  }

  private static List<PriceList> lists(YamlDocument d) {
    return d.root().object(FILE).get(PRICES).stream().map(PriceFiles::list).toList();
  }

  private static PriceList list(YamlObject o) {
    List<PriceList.Rate> rates = o.get(RATES);
    if (rates.isEmpty() || rates.size() > MAX_RATES) {
      throw o.error(
          RATES, "rates has " + rates.size() + " entries; it must have 1 to " + MAX_RATES);
    }
    YamlObject traffic = o.find(OF_TRAFFIC);
    return new PriceList(
        o.get(NAME),
        o.node().where(),
        o.get(FROM),
        o.get(CURRENCY),
        List.copyOf(rates),
        orNone(o.find(DISK)),
        orNone(traffic == null ? null : traffic.find(ZONES)),
        orNone(traffic == null ? null : traffic.find(INTERNET)));
  }

  private static double orNone(@Nullable Double price) {
    return price == null ? Double.NaN : price;
  }
}
