package dev.tethys.pipeline.web;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.graph.NodeTap;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Response to a request of a control plane: records before and after a node within a time limit,
 * recommendations, the way of one record, findings of personal data, or nodes. It is one JSON
 * object of bounded size.
 */
public final class NodeRecords {
  /** Longest time. */
  public static final double MAX_SECONDS = 30;

  /** Maximum number of records. */
  public static final long MAX_RECORDS = 100;

  private static final int MAX_CHARACTERS = 256 << 10;
  private static final int MAX_TEXT = 1024;

  /** Maximum number of nodes listed in an error. */
  private static final int MAX_NODES = 50;

  /** Nodes that are listed. */
  private static final int MAX_LISTED = 1000;

  private static final double MAX_PER_SECOND = 100;

  private NodeRecords() {}

  /**
   * Request.
   *
   * @param kind kind of records to read
   * @param node id in the graph status; the signal for {@link Kind#FOLLOW}; "" for others
   * @param perSecond maximum batches per second
   * @param contains text in the JSON of the records; "" for all
   */
  public record Request(
      Kind kind, String node, double seconds, long records, double perSecond, String contains) {
    /** Subject of a request. */
    public enum Kind {
      RECORDS,
      RECOMMENDATIONS,
      /** Way of the first log record or span with the text. */
      FOLLOW,
      /** Personal data in exported data. */
      FINDINGS,
      /** Attribute keys in exported data. */
      KEYS,
      NODES
    }

    private static final Section SECTION = new Section("tap", "Live tap of a node.");
    private static final Key<String> NODE =
        SECTION.key("node", Type.STRING, "", "Identifier of the node.");
    private static final Key<Boolean> RECOMMENDATIONS =
        SECTION.key(
            "recommendations", Type.BOOL, false, "Recommendations in place of records of a node.");
    private static final Key<String> FOLLOW =
        SECTION.key(
            "follow", Type.STRING, "", "Signal, logs or traces, of which a record is followed.");
    private static final Key<Boolean> FINDINGS =
        SECTION.key(
            "findings",
            Type.BOOL,
            false,
            "If true, returns personal data found in exported data instead of records of a node.");
    private static final Key<Boolean> KEYS =
        SECTION.key(
            "keys",
            Type.BOOL,
            false,
            "If true, returns attribute keys of exported data instead of records of a node.");
    private static final Key<Boolean> NODES =
        SECTION.key("nodes", Type.BOOL, false, "Nodes in place of records of a node.");
    private static final Key<Double> SECONDS =
        SECTION.key("seconds", Type.FLOAT, 5.0, "Time in seconds, at most 30.");
    private static final Key<Long> RECORDS =
        SECTION.key("records", Type.INT, 20L, "Maximum number of records, at most 100.");
    private static final Key<Double> PER_SECOND =
        SECTION.key("perSecond", Type.FLOAT, 10.0, "Batches per second, at most 100.");
    private static final Key<String> CONTAINS =
        SECTION.key("contains", Type.STRING, "", "Text in the JSON of the records.");

    /**
     * Reads a request as JSON.
     *
     * @throws dev.tethys.config.ConfigException if it is invalid
     */
    public static Request read(String json) {
      YamlObject o = YamlDocument.parse("tap", null, json).root().object(SECTION);
      Kind kind =
          o.get(RECOMMENDATIONS)
              ? Kind.RECOMMENDATIONS
              : o.get(FINDINGS)
                  ? Kind.FINDINGS
                  : o.get(KEYS)
                      ? Kind.KEYS
                      : o.get(NODES)
                          ? Kind.NODES
                          : o.get(FOLLOW).isEmpty() ? Kind.RECORDS : Kind.FOLLOW;
      Request r =
          new Request(
              kind,
              kind == Kind.FOLLOW ? o.get(FOLLOW) : o.get(NODE),
              o.get(SECONDS),
              o.get(RECORDS),
              o.get(PER_SECOND),
              o.get(CONTAINS));
      if (kind == Kind.FOLLOW && !FollowedRecord.isSignal(r.node)) {
        throw o.error(FOLLOW, "must be logs or traces, not " + r.node);
      }
      if ((kind == Kind.RECORDS) == o.get(NODE).isEmpty()) {
        throw o.error(
            NODE,
            "node is required for records; recommendations, follow, findings, keys and nodes have"
                + " none");
      }
      if (!(r.seconds > 0 && r.seconds <= MAX_SECONDS)) {
        throw o.error(SECONDS, "must be more than 0 and at most 30");
      }
      if (r.records < 1 || r.records > MAX_RECORDS) {
        throw o.error(RECORDS, "must be from 1 to " + MAX_RECORDS);
      }
      if (!(r.perSecond > 0 && r.perSecond <= MAX_PER_SECOND)) {
        throw o.error(PER_SECOND, "must be more than 0 and at most 100");
      }
      if (r.node.length() > MAX_TEXT || r.contains.length() > MAX_TEXT) {
        throw o.error("text must have at most " + MAX_TEXT + " characters");
      }
      return r;
    }

    /** Creates a request for recommendations. */
    public static Request recommendations(double seconds) {
      return read(
          new Json()
              .open('{')
              .key("recommendations")
              .raw("true")
              .key("seconds")
              .raw(Double.toString(seconds))
              .close('}')
              .toString());
    }

    /** Creates a request for the path of a record. */
    public static Request follow(String signal, String contains, double seconds) {
      if (!FollowedRecord.isSignal(signal)) {
        throw new IllegalArgumentException("signal must be logs or traces, not \"" + signal + "\"");
      }
      Json j = new Json().open('{').key("follow").text(signal).key("contains").text(contains);
      return read(j.key("seconds").raw(Double.toString(seconds)).close('}').toString());
    }

    /** Creates a request for findings of personal data. */
    public static Request findings(double seconds) {
      Json j = new Json().open('{').key("findings").raw("true");
      return read(j.key("seconds").raw(Double.toString(seconds)).close('}').toString());
    }

    /** Creates a request for the attribute keys of exported data. */
    public static Request keys(double seconds) {
      Json j = new Json().open('{').key("keys").raw("true");
      return read(j.key("seconds").raw(Double.toString(seconds)).close('}').toString());
    }

    /** Creates a request for the nodes. */
    public static Request nodes() {
      return read("{\"nodes\": true, \"seconds\": 1}");
    }

    /** Returns the request as a JSON object. */
    public String json() {
      Json j = new Json().open('{');
      switch (kind) {
        case RECORDS -> j.key("node").text(node);
        case RECOMMENDATIONS -> j.key("recommendations").raw("true");
        case FOLLOW -> j.key("follow").text(node);
        case FINDINGS -> j.key("findings").raw("true");
        case KEYS -> j.key("keys").raw("true");
        case NODES -> j.key("nodes").raw("true");
      }
      j.key("seconds").raw(Double.toString(seconds)).key("records").number(records);
      j.key("perSecond").raw(Double.toString(perSecond)).key("contains").text(contains);
      return j.close('}').toString();
    }
  }

  /** Returns the response that no records can be read. */
  public static String error(String message) {
    return new Json().open('{').key("error").text(message).close('}').toString();
  }

  private static String unknown(GraphView graph, String node) {
    String nodes =
        graph.status().nodes().stream()
            .map(GraphStatus.NodeStatus::id)
            .limit(MAX_NODES)
            .collect(Collectors.joining(", "));
    return "there is no node " + node + "; expected one of: " + nodes;
  }

  /**
   * Reads records until the limit or the end of the time.
   *
   * @return an object with {@code records} and {@code skippedBatches}, with {@code
   *     recommendations}, with {@code hops} and {@code ends}, with {@code destinations}, with
   *     {@code exporters}, or with {@code nodes} and {@code pipelines}
   * @throws IOException if access is denied, the node does not exist, or another record is being
   *     followed
   */
  public static String read(GraphView graph, TapAccess access, Request r)
      throws IOException, InterruptedException {
    if (r.kind == Request.Kind.NODES) {
      return nodes(graph); // names, and no passing data
    }
    if (access == TapAccess.NONE) {
      throw new IOException("live tap is disabled; start with --web.enable-tap to enable it");
    }
    return switch (r.kind) {
      case RECORDS -> records(graph, access, r);
      case RECOMMENDATIONS -> new SampledAdvice(graph, access).read(r.seconds);
      case FOLLOW ->
          new FollowedRecord(graph, access)
              .follow(r.node, r.contains, r.seconds)
              .orElseThrow(
                  () -> new IOException("the agent already follows another record; try again"));
      case FINDINGS -> DestinationFindings.read(graph, r.seconds);
      case KEYS -> DestinationKeys.read(graph, r.seconds);
      case NODES -> nodes(graph);
    };
  }

  private static String nodes(GraphView graph) {
    Json j = new Json().open('{').key("nodes").open('[');
    graph.status().nodes().stream()
        .limit(MAX_LISTED)
        .forEach(
            n -> {
              j.open('{').key("id").text(n.id()).key("kind").text(n.kind());
              j.key("component").text(n.component()).close('}');
            });
    j.close(']').key("pipelines").open('[');
    graph.status().edges().stream()
        .map(GraphStatus.EdgeStatus::pipeline)
        .distinct()
        .limit(MAX_LISTED)
        .forEach(j::text);
    return j.close(']').close('}').toString();
  }

  private static String records(GraphView graph, TapAccess access, Request r)
      throws IOException, InterruptedException {
    NodeTap tap =
        graph
            .tapNode(r.node, r.perSecond)
            .orElseThrow(() -> new IOException(unknown(graph, r.node)));
    Json j = new Json().open('{').key("records").open('[');
    try (tap) {
      long end = System.nanoTime() + (long) (r.seconds * 1e9);
      long n = 0;
      long characters = 0;
      while (n < r.records) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          break;
        }
        NodeTap.NodeBatches passage = tap.next(left);
        if (passage == null) {
          continue;
        }
        for (RecordChanges.Pair pair : RecordChanges.of(passage, access)) {
          String line = pair.json();
          if (n < r.records
              && line.contains(r.contains)
              && characters + line.length() <= MAX_CHARACTERS) {
            j.raw(line);
            characters += line.length();
            n++;
          }
        }
      }
      return j.close(']').key("skippedBatches").number(tap.skipped()).close('}').toString();
    }
  }
}
