package dev.tethys.api.traces;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanField.Scope;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanFilter.Compare;
import dev.tethys.model.traces.SpanFilter.Operator;
import dev.tethys.model.traces.SpanValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Search of Jaeger. A span fits if it is of the service and operation, its duration is in the range
 * and each tag is an attribute of the span, its resource, scope, an event or a link.
 *
 * @param from first start in Unix nanoseconds, inclusive
 * @param to last start, exclusive
 * @param minDuration least duration in nanoseconds, 0 for any
 * @param maxDuration most duration in nanoseconds, 0 for any
 */
record JaegerSearch(
    String service,
    String operation,
    Map<String, String> tags,
    long from,
    long to,
    long minDuration,
    long maxDuration,
    int limit) {
  /** Searches have few tags; more are an attempt to occupy the server. */
  private static final int MAX_TAGS = 50;

  private static final int MAX_TAGS_LENGTH = 64 << 10;

  private static final List<Scope> TAG_SCOPES =
      List.of(
          Scope.SPAN_ATTRIBUTE,
          Scope.RESOURCE_ATTRIBUTE,
          Scope.SCOPE_ATTRIBUTE,
          Scope.EVENT_ATTRIBUTE,
          Scope.LINK_ATTRIBUTE);

  private static final List<String> KINDS =
      List.of("unspecified", "internal", "server", "client", "producer", "consumer");

  JaegerSearch {
    if (maxDuration != 0 && maxDuration < minDuration) {
      throw QueryParameters.bad(
          "'maxDuration' should be greater than 'minDuration': maxDuration is less");
    }
    if (tags.size() > MAX_TAGS) {
      throw QueryParameters.bad("search has " + tags.size() + " tags; the limit is " + MAX_TAGS);
    }
  }

  /** Tags of a JSON object whose values are strings, numbers or booleans. */
  static Map<String, String> tags(String parameter, String json) {
    Map<String, String> out = new LinkedHashMap<>();
    if (json.length() > MAX_TAGS_LENGTH) {
      throw QueryParameters.bad(
          parameter + " has " + json.length() + " characters; the limit is " + MAX_TAGS_LENGTH);
    }
    try {
      byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
      if (JsonValues.readExact(utf8, 0, utf8.length) instanceof Attributes a) {
        a.forEach((k, v) -> out.put(k, AttributeText.text(v)));
        return out;
      }
    } catch (CodecException e) {
      // the message below covers it
    }
    throw QueryParameters.bad(
        "malformed '" + parameter + "' parameter, cannot unmarshal JSON: it must be an object");
  }

  /** Returns the condition on one span. */
  SpanFilter filter() {
    List<SpanFilter> all = new ArrayList<>();
    if (!service.isEmpty()) {
      all.add(TraceFinder.service(service));
    }
    if (!operation.isEmpty()) {
      all.add(TraceFinder.equal(SpanField.intrinsic(Scope.NAME), operation));
    }
    SpanField duration = SpanField.intrinsic(Scope.DURATION);
    if (minDuration > 0) {
      all.add(new Compare(duration, Operator.GREATER_OR_EQUAL, new SpanValue.Int(minDuration)));
    }
    if (maxDuration > 0) {
      all.add(new Compare(duration, Operator.LESS_OR_EQUAL, new SpanValue.Int(maxDuration)));
    }
    tags.forEach((k, v) -> all.add(tag(k, v)));
    return new SpanFilter.And(all);
  }

  /** Returns the condition for a tag, including the span fields that Jaeger shows as tags. */
  static SpanFilter tag(String key, String value) {
    List<SpanFilter> any = new ArrayList<>();
    any.add(attribute(key, value));
    switch (key) {
      case "error" -> {
        if (value.equals("true")) {
          any.add(isStatus(2));
        } else if (value.equals("false")) {
          any.add(new SpanFilter.Not(isStatus(2)));
        }
      }
      case "otel.status_code" -> {
        if (value.equals("OK") || value.equals("ERROR")) {
          any.add(isStatus(value.equals("OK") ? 1 : 2));
        }
      }
      case "otel.status_description" ->
          any.add(TraceFinder.equal(SpanField.intrinsic(Scope.STATUS_MESSAGE), value));
      case "span.kind" -> {
        int kind = KINDS.indexOf(value);
        if (kind > 0) {
          any.add(
              new Compare(
                  SpanField.intrinsic(Scope.KIND), Operator.EQUAL, new SpanValue.Int(kind)));
        }
      }
      case "otel.scope.name", "otel.library.name" ->
          any.add(TraceFinder.equal(SpanField.intrinsic(Scope.SCOPE_NAME), value));
      case "otel.scope.version", "otel.library.version" ->
          any.add(TraceFinder.equal(SpanField.intrinsic(Scope.SCOPE_VERSION), value));
      case "event" -> any.add(TraceFinder.equal(SpanField.intrinsic(Scope.EVENT_NAME), value));
      case "w3c.tracestate" ->
          any.add(TraceFinder.equal(SpanField.intrinsic(Scope.TRACE_STATE), value));
      default -> {
        // an attribute only
      }
    }
    return new SpanFilter.Or(any);
  }

  /** Returns a filter on an attribute of the span, its resource, scope, an event or a link. */
  static SpanFilter attribute(String key, String value) {
    List<SpanFilter> any = new ArrayList<>();
    for (Scope scope : TAG_SCOPES) {
      for (SpanValue v : values(value)) {
        any.add(new Compare(new SpanField(scope, key), Operator.EQUAL, v));
      }
    }
    return new SpanFilter.Or(any);
  }

  static SpanFilter isStatus(int code) {
    return new Compare(SpanField.intrinsic(Scope.STATUS), Operator.EQUAL, new SpanValue.Int(code));
  }

  /** Returns the values of all types whose text form is the given text. */
  private static List<SpanValue> values(String text) {
    List<SpanValue> out = new ArrayList<>();
    out.add(new SpanValue.Text(text));
    if (text.equals("true") || text.equals("false")) {
      out.add(new SpanValue.Bool(text.equals("true")));
    }
    try {
      out.add(new SpanValue.Int(Long.parseLong(text)));
    } catch (NumberFormatException e) {
      real(text, out);
    }
    return out;
  }

  private static void real(String text, List<SpanValue> to) {
    if (text.length() > 40 || !text.chars().allMatch(c -> "+-.eE0123456789".indexOf(c) >= 0)) {
      return;
    }
    try {
      to.add(new SpanValue.Real(Double.parseDouble(text)));
    } catch (NumberFormatException e) {
      // a text only
    }
  }
}
