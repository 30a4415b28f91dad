package dev.tethys.codec.exposition;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Exposition format that an exporter can serve, negotiated by the Accept header. */
public enum ExpositionFormat {
  TEXT_0_0_4("text", "plain", Map.of("version", "0.0.4"), "; charset=utf-8"),
  TEXT_1_0_0("text", "plain", Map.of("version", "1.0.0"), "; charset=utf-8"),
  OPEN_METRICS_0_0_1(
      "application", "openmetrics-text", Map.of("version", "0.0.1"), "; charset=utf-8"),
  OPEN_METRICS_1_0_0(
      "application", "openmetrics-text", Map.of("version", "1.0.0"), "; charset=utf-8"),
  PROTOBUF(
      "application",
      "vnd.google.protobuf",
      Map.of("proto", "io.prometheus.client.MetricFamily", "encoding", "delimited"),
      "");

  /**
   * Formats offered by Prometheus's {@code /federate}. Text comes first because a request that
   * accepts any format usually comes from a person with curl.
   */
  public static final List<ExpositionFormat> PROMETHEUS = List.of(TEXT_0_0_4, PROTOBUF);

  /** Formats of {@link #PROMETHEUS} and OpenMetrics. */
  public static final List<ExpositionFormat> ALL =
      List.of(TEXT_0_0_4, OPEN_METRICS_1_0_0, OPEN_METRICS_0_0_1, PROTOBUF);

  private final String type;
  private final String subtype;
  private final Map<String, String> parameters;
  private final String charset;

  ExpositionFormat(String type, String subtype, Map<String, String> parameters, String charset) {
    this.type = type;
    this.subtype = subtype;
    this.parameters = parameters;
    this.charset = charset;
  }

  /** The Content-Type of a response. */
  public String contentType(EscapingScheme scheme) {
    String head =
        this == PROTOBUF
            ? "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
                + " encoding=delimited"
            : type + '/' + subtype + "; version=" + parameters.get("version");
    return head + charset + "; " + EscapingScheme.PARAMETER + '=' + scheme.text();
  }

  /** A format and its escaping of names. */
  public record Negotiated(ExpositionFormat format, EscapingScheme escaping) {
    /** The Content-Type of the response. */
    public String contentType() {
      return format.contentType(escaping);
    }
  }

  private record Clause(
      String type, String subtype, double weight, Map<String, String> parameters) {}

  /**
   * Chooses among the offered formats (in order of preference, not empty) as Prometheus's client
   * libraries do: by the asker's weights, and text where nothing matches. An escaping scheme named
   * by a clause holds for the clauses after it too.
   *
   * @param accept the header, {@code ""} if there is none
   */
  public static Negotiated negotiate(String accept, List<ExpositionFormat> offered) {
    EscapingScheme scheme = EscapingScheme.DEFAULT;
    for (Clause c : parse(accept)) {
      String named = c.parameters.get(EscapingScheme.PARAMETER);
      if (named != null) {
        scheme = EscapingScheme.of(named).orElse(scheme);
      }
      for (ExpositionFormat f : offered) {
        if (f.matches(c)) {
          return new Negotiated(f, scheme);
        }
      }
    }
    ExpositionFormat otherwise = offered.contains(TEXT_0_0_4) ? TEXT_0_0_4 : offered.getFirst();
    return new Negotiated(otherwise, scheme);
  }

  private boolean matches(Clause c) {
    if (!c.type.equals("*") && !c.type.equals(type)
        || !c.subtype.equals("*") && !c.subtype.equals(subtype)) {
      return false;
    }
    if (c.type.equals("*") && c.subtype.equals("*")) {
      return true;
    }
    for (Map.Entry<String, String> p : parameters.entrySet()) {
      String asked = c.parameters.getOrDefault(p.getKey(), "");
      if (p.getKey().equals("version") && asked.isEmpty()) {
        asked =
            switch (c.type + '/' + c.subtype) {
              case "application/openmetrics-text" -> "0.0.1";
              case "text/plain" -> "0.0.4";
              default -> "";
            };
      }
      if (!asked.equals(p.getValue())) {
        return false;
      }
    }
    return true;
  }

  private static List<Clause> parse(String accept) {
    List<Clause> clauses = new ArrayList<>();
    for (String part : accept.split(",")) {
      String[] fields = part.split(";");
      String[] range = fields[0].strip().split("/", -1);
      String type = range[0].strip();
      String subtype;
      if (range.length == 1 && type.equals("*")) {
        subtype = "*";
      } else if (range.length == 2) {
        subtype = range[1].strip();
      } else {
        continue;
      }
      double weight = 1;
      Map<String, String> parameters = new HashMap<>();
      for (int i = 1; i < fields.length; i++) {
        int equals = fields[i].indexOf('=');
        if (equals < 0) {
          continue;
        }
        String name = fields[i].substring(0, equals).strip();
        String value = fields[i].substring(equals + 1).strip();
        if (name.equals("q")) {
          weight = weight(value);
        } else {
          parameters.put(name, value);
        }
      }
      clauses.add(new Clause(type, subtype, weight, parameters));
    }
    clauses.sort(
        Comparator.comparingDouble((Clause c) -> -c.weight)
            .thenComparing(c -> c.type.equals("*"))
            .thenComparing(c -> c.subtype.equals("*")));
    return clauses;
  }

  private static double weight(String q) {
    try {
      double w = Double.parseDouble(q);
      return w >= 0 ? w : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
