package dev.tethys.pipeline.receiver.elastic;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.GoJson;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A {@code _bulk} request: a line with an action, and for all but {@code delete} a line with a
 * document. New documents ({@code index}, {@code create}) become log records; changes of existing
 * ones are rejected per item, as Elasticsearch responds per item.
 */
final class BulkRequest {
  private static final Set<String> ACTIONS = Set.of("index", "create", "update", "delete");

  /**
   * Result for an item.
   *
   * @param refused reason of the rejection; null if it is accepted
   */
  private record Item(
      String action, String index, String id, @Nullable String type, @Nullable String refused) {}

  private final List<Item> items = new ArrayList<>();
  private final RejectedItems refusals = new RejectedItems();
  private final StreamFields fields;
  private final LogsData logs = new LogsData();
  private final Map<List<String>, Group> groups = new LinkedHashMap<>(); // by labels of a stream
  private int taken;

  /** Documents of one stream with their item numbers. */
  private static final class Group {
    private final ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    private final List<Integer> numbers = new ArrayList<>();
  }

  private BulkRequest(StreamFields fields) {
    this.fields = fields;
  }

  /**
   * Reads a request.
   *
   * @param index default index of actions; null if the path has none either
   * @param now nanoseconds since 1970
   * @param fields document fields that become resource attributes
   * @throws CodecException if it is malformed as a whole, with Elasticsearch's message
   */
  static BulkRequest read(byte[] b, @Nullable String index, long now, StreamFields fields) {
    if (b.length == 0) {
      throw new CodecException("request body is required");
    }
    if (b[b.length - 1] != '\n') {
      throw new CodecException("The bulk request must be terminated by a newline [\\n]");
    }
    BulkRequest r = new BulkRequest(fields);
    int at = 0;
    int line = 0;
    while (at < b.length) {
      int end = end(b, at);
      line++;
      if (isBlank(b, at, end)) {
        at = end + 1;
        continue;
      }
      Attributes action = action(b, at, end, line);
      at = end + 1;
      String name = action.key(0);
      Attributes about = (Attributes) java.util.Objects.requireNonNull(action.value(0));
      if (!name.equals("delete")) {
        if (at >= b.length) {
          throw new CodecException("no document follows the action in line [" + line + "]");
        }
        end = end(b, at);
        line++;
        r.item(name, about, index, b, at, end, now);
        at = end + 1;
      } else {
        r.item(name, about, index, b, at, at, now);
      }
    }
    return r;
  }

  private static int end(byte[] b, int from) {
    int i = from;
    while (b[i] != '\n') {
      i++;
    }
    return i;
  }

  private static boolean isBlank(byte[] b, int from, int to) {
    for (int i = from; i < to; i++) {
      if (b[i] != ' ' && b[i] != '\r' && b[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  /**
   * Reads an action with its metadata.
   *
   * @throws CodecException if it is malformed; the following documents cannot be located then, so
   *     Elasticsearch rejects the entire request
   */
  private static Attributes action(byte[] b, int from, int to, int line) {
    String why = "expected one of [create, delete, index, update]";
    try {
      if (JsonValues.read(b, from, to - from) instanceof Attributes a
          && a.size() == 1
          && ACTIONS.contains(a.key(0))) {
        if (a.value(0) instanceof Attributes) {
          return a;
        }
        why = "expected an object after [" + a.key(0) + "]";
      }
    } catch (CodecException e) {
      why += ": " + e.getMessage();
    }
    throw new CodecException("Malformed action/metadata line [" + line + "], " + why);
  }

  /**
   * Returns a metadata value as a string, converted from a number if necessary; null if missing.
   */
  private static @Nullable String text(Attributes about, String key) {
    Object v = about.get(key);
    return v instanceof String || v instanceof Long ? v.toString() : null;
  }

  private void item(
      String action,
      Attributes about,
      @Nullable String otherwise,
      byte[] b,
      int from,
      int to,
      long now) {
    RequestMemory.chargeItem(); // of the request
    RequestMemory.chargeItem(); // of the response
    String index = text(about, "_index");
    if (index == null) {
      index = otherwise;
    }
    String id = text(about, "_id");
    boolean made = id == null;
    if (id == null) {
      byte[] random = new byte[10];
      ThreadLocalRandom.current().nextBytes(random);
      id = HexFormat.of().formatHex(random);
    }
    if (index == null) {
      refuse(action, "", id, "action_request_validation_exception", "index is missing");
      return;
    }
    if (action.equals("update") || action.equals("delete")) {
      refuse(
          action,
          index,
          id,
          "illegal_argument_exception",
          "logs cannot be modified: only [index] and [create] are supported");
      return;
    }
    try {
      if (!(JsonValues.read(b, from, to - from) instanceof Attributes document)) {
        throw new CodecException("document is not an object");
      }
      List<String> values = fields.values(document, index);
      fields.removeFrom(document);
      LogRecord record = record(document, index, made ? null : id, now);
      Group group = groups.computeIfAbsent(values, this::group);
      group.scope.items().add(record);
      group.numbers.add(items.size());
      taken++;
      items.add(new Item(action, index, id, null, null));
    } catch (CodecException e) {
      refuse(action, index, id, "document_parsing_exception", "failed to parse: " + e.getMessage());
    }
  }

  private Group group(List<String> values) {
    Group g = new Group();
    ResourceGroup<LogRecord> resource = new ResourceGroup<>();
    fields.put(values, resource.resource().attributes());
    resource.scopes().add(g.scope);
    logs.resources().add(resource);
    return g;
  }

  private void refuse(String action, String index, String id, String type, String why) {
    items.add(new Item(action, index, id, type, why));
    refusals.add(items.size(), index + "/" + id, why);
  }

  private LogRecord record(Attributes d, String index, @Nullable String id, long now) {
    LogRecord r = new LogRecord();
    r.setObservedTimeUnixNano(now);
    r.setTimeUnixNano(now);
    if (!fields.hasIndex()) {
      r.attributes().put("elasticsearch.index", index);
    }
    if (id != null) {
      r.attributes().put("elasticsearch.id", id);
    }
    for (int i = 0; i < d.size(); i++) {
      String k = d.key(i);
      Object v = d.value(i);
      switch (k) {
        case "@timestamp" -> r.setTimeUnixNano(EventTime.nanos(v));
        case "message" -> r.setBody(v);
        default -> r.attributes().put(k, v);
      }
    }
    EventTime.severity(d, r);
    if (r.body() == null && fields.hasIndex()) {
      r.setBody(StreamFields.line(d));
    }
    return r;
  }

  /** Returns the accepted documents. */
  LogsData logs() {
    return logs;
  }

  /** Returns the number of accepted documents. */
  int taken() {
    return taken;
  }

  /** Items that are not accepted. */
  RejectedItems refusals() {
    return refusals;
  }

  int refused() {
    return items.size() - taken();
  }

  /**
   * Reasons by item number, for items rejected downstream. If it is unknown which, all are reported
   * as rejected.
   */
  Map<Integer, String> rejected(Outcome.Rejected r) {
    Map<Integer, String> out = new HashMap<>();
    int at = 0;
    for (Group g : groups.values()) {
      for (int number : g.numbers) {
        String why = r.byItem().isEmpty() ? r.reason() : r.byItem().get(at);
        if (why != null) {
          out.put(number, why);
        }
        at++;
      }
    }
    return out;
  }

  /** Returns the response with the result of each item, in order. */
  String answer(long millis, Map<Integer, String> rejected) {
    StringBuilder sb = new StringBuilder("{\"errors\":");
    boolean errors = refused() > 0 || !rejected.isEmpty();
    sb.append(errors).append(",\"took\":").append(millis).append(",\"items\":[");
    boolean first = true;
    for (int number = 0; number < items.size(); number++) {
      Item i = items.get(number);
      sb.append(first ? "" : ",").append("{\"").append(i.action).append("\":{\"_index\":");
      first = false;
      GoJson.append(sb, i.index).append(",\"_id\":");
      GoJson.append(sb, i.id);
      String why = i.refused == null ? rejected.get(number) : i.refused;
      if (why == null) {
        sb.append(",\"_version\":1,\"result\":\"created\",\"_shards\":{\"total\":1,")
            .append("\"successful\":1,\"failed\":0},\"_seq_no\":0,\"_primary_term\":1,")
            .append("\"status\":201}}");
      } else {
        sb.append(",\"status\":400,\"error\":{\"type\":");
        GoJson.append(sb, i.type == null ? "illegal_argument_exception" : i.type);
        GoJson.append(sb.append(",\"reason\":"), why).append("}}}");
      }
    }
    return sb.append("]}").toString();
  }

  /** Returns the response to a request that fails as a whole. */
  static String error(int status, String type, String why) {
    StringBuilder cause = new StringBuilder("{\"type\":");
    GoJson.append(GoJson.append(cause, type).append(",\"reason\":"), why);
    return "{\"error\":{\"root_cause\":["
        + cause
        + "}],"
        + cause.substring(1)
        + "},\"status\":"
        + status
        + "}";
  }
}
