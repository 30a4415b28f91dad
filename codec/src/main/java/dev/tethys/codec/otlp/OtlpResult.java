package dev.tethys.codec.otlp;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.GoJson;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Result of a request: numbers of accepted and refused data points, with reasons. */
public final class OtlpResult {
  /** Maximum number of different reasons and warnings kept. */
  static final int MAX_TEXTS = 10;

  private long accepted;
  private long rejected;
  private final Set<String> errors = new LinkedHashSet<>();
  private final Set<String> warnings = new LinkedHashSet<>();
  private final TreeMap<String, Integer> warningCategories = new TreeMap<>();

  void accept() {
    accepted++;
  }

  /** Counts data points that were refused. */
  public void reject(long points, String reason) {
    rejected += points;
    if (errors.size() < MAX_TEXTS) {
      errors.add(reason);
    }
  }

  void warn(String category, String text) {
    if (warnings.size() >= MAX_TEXTS || warnings.add(text)) {
      warningCategories.merge(category, 1, Integer::sum);
    }
  }

  /** Returns the number of data points whose samples were all accepted. */
  public long accepted() {
    return accepted;
  }

  /** Returns the number of data points rejected wholly or in part. */
  public long rejected() {
    return rejected;
  }

  /** First few reasons for which data points were rejected; empty if all were accepted. */
  public String errorMessage() {
    return String.join("\n", errors);
  }

  public List<String> warnings() {
    return new ArrayList<>(warnings);
  }

  /** Warnings by the category that Prometheus counts them under. */
  public Map<String, Integer> warningCategories() {
    return Map.copyOf(warningCategories);
  }

  /** An ExportMetricsServiceResponse; empty without rejections and warnings. */
  public byte[] toProtobuf() {
    ProtoWriter w = new ProtoWriter();
    if (rejected > 0 || !errors.isEmpty()) {
      int m = w.begin(1);
      w.int64Unless0(1, rejected);
      w.stringUnlessEmpty(2, errorMessage());
      w.end(m);
    }
    return w.toByteArray();
  }

  /** Response as OTLP/JSON. */
  public String toJson() {
    if (rejected == 0 && errors.isEmpty()) {
      return "{}";
    }
    StringBuilder sb = new StringBuilder("{\"partialSuccess\":{\"rejectedDataPoints\":\"");
    sb.append(rejected).append("\",\"errorMessage\":");
    GoJson.append(sb, errorMessage());
    return sb.append("}}").toString();
  }
}
