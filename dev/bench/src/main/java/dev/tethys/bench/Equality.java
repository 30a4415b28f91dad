package dev.tethys.bench;

import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectMapper;

/**
 * Random requests to a real Prometheus and to this server over the same samples, both by HTTP:
 * instant and range queries, lists of series, labels and values. Prints differences. The reference
 * is Prometheus 3.14; older versions differ in newer features.
 */
final class Equality {
  private static final String FEATURES =
      "--enable-feature=promql-experimental-functions,promql-extended-range-selectors,"
          + "promql-binop-fill-modifiers,native-histograms";
  private static final int SHOWN = 200;

  /** Parameters, many of which are invalid; of duplicate parameters the first counts. */
  private static final List<String> WRONG =
      List.of(
          "&limit=-1",
          "&limit=x",
          "&limit=1.5",
          "&lookback_delta=0s",
          "&lookback_delta=-1m",
          "&lookback_delta=x",
          "&timeout=x",
          "&timeout=1m",
          "&match[]=",
          "&match[]={}",
          "&match[]=a{b=~\"(\"}",
          "&match[]=rate(a[1m])",
          "&match[]={x=~\".*\"}",
          "&stats=x",
          "&start=1&end=0",
          "&start=x",
          "&end=2023-11-14T22:40:00Z",
          "&time=1e400");

  private final int count;
  private final long seed;
  private final boolean delayedNames;
  private final ObjectMapper mapper = new ObjectMapper();
  private final EqualityAnswer.Tally tally = new EqualityAnswer.Tally();
  private final Map<String, Integer> kinds = new TreeMap<>();
  private int different;
  private int failed;

  private Equality(Options options) throws Options.WrongException {
    count = options.count("count");
    seed = options.number("seed");
    delayedNames = options.words().contains("delayed-names");
  }

  /** Options are {@code [delayed-names] count=5000 seed=1}; 0 without a difference. */
  static int run(String[] args) throws Exception {
    Options options =
        new Options()
            .with("count", 5_000)
            .with("seed", 1)
            .withWords("[delayed-names]", w -> w.equals("delayed-names"))
            .read(args);
    return new Equality(options).run();
  }

  private int run() throws Exception {
    EqualityData data = new EqualityData(seed);
    try (ServerUnderTest theirs = start(Contender.PROMETHEUS);
        ServerUnderTest ours = start(Contender.TETHYS)) {
      data.send(theirs);
      data.send(ours);
      EqualityQueries queries = new EqualityQueries(seed);
      Random random = new Random(seed);
      for (int i = 0; i < count; i++) {
        ComparedQuery asked =
            switch (random.nextInt(25)) {
              case 0 -> list(queries, random);
              case 1 -> text(queries, random);
              default -> query(queries, random);
            };
        String d = compare(asked, theirs, ours);
        if (d != null && different++ < SHOWN) {
          System.out.println(asked.parameters() + "\n    " + d);
        }
        if (!theirs.isAlive() || !ours.isAlive()) {
          throw new IOException("a server ended, see " + theirs.log() + ", " + ours.log());
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%d requests over %d series (%s), %d of them errors; %d numbers, %d not written alike; "
            + "%d answers differ%n",
        count,
        data.series(),
        kinds,
        failed,
        tally.numbers,
        tally.numbers - tally.equal,
        different);
    return different == 0 ? 0 : 1;
  }

  private ServerUnderTest start(Contender server) throws IOException, InterruptedException {
    Path dir = Files.createTempDirectory("tethys-equality");
    String features = FEATURES + (delayedNames ? ",promql-delayed-name-removal" : "");
    return server.start(dir, "global: {}\n", features);
  }

  /**
   * A request.
   *
   * @param ordered whether the order of an instant's series, or of a list, has a meaning
   */
  private record ComparedQuery(String path, String parameters, boolean ordered) {}

  private ComparedQuery query(EqualityQueries queries, Random random) {
    String q = queries.next();
    long from = EqualityData.START / 1000 + random.nextInt(2_400);
    StringBuilder p = new StringBuilder("query=").append(encoded(q));
    if (random.nextInt(60) == 0) {
      p.insert(0, encodedPair(WRONG.get(random.nextInt(WRONG.size()))) + "&");
    }
    boolean instant = random.nextInt(3) == 0;
    if (instant) {
      p.append("&time=").append(from + 600).append(random.nextBoolean() ? ".25" : "");
    } else {
      long step = 7L + random.nextInt(12) * 11L;
      p.append("&start=").append(from).append("&end=").append(from + step * random.nextInt(40));
      p.append("&step=").append(step);
    }
    if (random.nextInt(30) == 0) {
      p.append("&lookback_delta=").append(random.nextBoolean() ? "40s" : "17m");
    }
    if (!instant && random.nextInt(40) == 0) {
      p.append("&limit=").append(random.nextInt(4));
    }
    if (random.nextInt(40) == 0) {
      p.append("&").append(encodedPair(WRONG.get(random.nextInt(WRONG.size()))));
    }
    return new ComparedQuery(
        instant ? "/api/v1/query" : "/api/v1/query_range",
        p.toString(),
        q.matches("sort(_desc)?\\(.*"));
  }

  /** Returns a query that is only formatted or analyzed. */
  private static ComparedQuery text(EqualityQueries queries, Random random) {
    return new ComparedQuery(
        random.nextBoolean() ? "/api/v1/format_query" : "/api/v1/parse_query",
        "query=" + encoded(queries.next()),
        true);
  }

  private static ComparedQuery list(EqualityQueries queries, Random random) {
    StringBuilder p = new StringBuilder();
    for (int n = random.nextInt(3); n >= 0; n--) {
      p.append("&match[]=").append(encoded(queries.selector()));
    }
    int kind = random.nextInt(4);
    if (kind != 1 && random.nextInt(4) == 0) {
      p.append("&limit=").append(random.nextInt(5)); // of series, any may be left out
    }
    if (kind != 1
        && random.nextBoolean()) { // how exactly a series is selected by time is unspecified
      long from = EqualityData.START / 1000 + random.nextInt(4_000);
      p.append("&start=").append(from).append("&end=").append(from + random.nextInt(2_000));
    }
    if (random.nextInt(12) == 0) {
      p.append("&").append(encodedPair(WRONG.get(random.nextInt(WRONG.size()))));
    }
    String path =
        switch (kind) {
          case 0 -> "/api/v1/labels";
          case 1 -> "/api/v1/series";
          case 2 -> "/api/v1/label/__name__/values";
          default ->
              "/api/v1/label/"
                  + List.of("instance", "type", "le", "U__l_e4_bel_2e_x", "nothing", "b-d")
                      .get(random.nextInt(6))
                  + "/values";
        };
    return new ComparedQuery(path, p.substring(1), kind != 1);
  }

  /** Encodes a parameter at the start of a query. */
  private static String encodedPair(String parameter) {
    return encoded(parameter.substring(1)).replace("%3D", "=").replace("%26", "&");
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  private @Nullable String compare(
      ComparedQuery asked, ServerUnderTest theirs, ServerUnderTest ours)
      throws IOException, InterruptedException {
    HttpResponse<String> a = send(theirs, asked);
    HttpResponse<String> b = send(ours, asked);
    kinds.merge(asked.path, 1, Integer::sum);
    if (a.statusCode() != 200) {
      failed++;
    }
    if (a.statusCode() != b.statusCode()) {
      return "code: "
          + a.statusCode()
          + " "
          + cut(a.body())
          + " | "
          + b.statusCode()
          + " "
          + cut(b.body());
    }
    if (a.statusCode() / 100 != 2 && !a.body().startsWith("{")) {
      return null; // no path of the API
    }
    return answer(a.body()).differs(answer(b.body()), asked.ordered, tally);
  }

  private static String cut(String s) {
    return s.length() > 300 ? s.substring(0, 300) + "…" : s.strip();
  }

  private EqualityAnswer answer(String body) {
    return new EqualityAnswer(mapper.readValue(body, Map.class));
  }

  private static HttpResponse<String> send(ServerUnderTest server, ComparedQuery asked)
      throws IOException, InterruptedException {
    boolean form = asked.path.contains("query");
    HttpRequest.Builder r =
        server
            .request(asked.path + (form ? "" : "?" + asked.parameters))
            .timeout(Duration.ofMinutes(2));
    if (form) {
      r.header("Content-Type", "application/x-www-form-urlencoded")
          .POST(HttpRequest.BodyPublishers.ofString(asked.parameters));
    }
    return server.send(r, HttpResponse.BodyHandlers.ofString());
  }
}
