package dev.tethys.control.mdai;

import dev.tethys.control.mdai.HubAction.CallWebhook;
import dev.tethys.control.mdai.HubAction.KeyRef;
import dev.tethys.control.mdai.Manifests.DataKey;
import dev.tethys.control.mdai.Resource.Hub;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Requests of webhooks, with the texts of the event and of Secrets and ConfigMaps. */
public final class WebhookRequests {
  private WebhookRequests() {}

  /**
   * Builds the HTTP request for a webhook action.
   *
   * @throws IllegalArgumentException if a text it refers to is missing
   */
  public static HttpRequest of(Manifests manifests, Hub hub, CallWebhook call, HubEvent event) {
    Interpolation texts = Interpolation.of(event);
    URI url = url(resolved(manifests, hub, call.url()));
    Map<String, String> values = new HashMap<>();
    call.values().forEach((k, v) -> values.put(k, texts.replaced(resolved(manifests, hub, v))));
    String body =
        call.payload() == null || call.slack()
            ? slack(event, values)
            : json(texts.with(values).replaced(resolved(manifests, hub, call.payload())));
    HttpRequest.Builder q =
        HttpRequest.newBuilder(url)
            .timeout(call.timeout())
            .method(call.method(), HttpRequest.BodyPublishers.ofString(body));
    boolean typed = false;
    for (Map.Entry<String, HubAction.Text> h : call.headers().entrySet()) {
      q.setHeader(h.getKey(), resolved(manifests, hub, h.getValue()));
      typed |= h.getKey().equalsIgnoreCase("Content-Type");
    }
    if (!typed) {
      q.setHeader("Content-Type", "application/json");
    }
    return q.build();
  }

  private static URI url(String text) {
    URI u = URI.create(text);
    if (u.getHost() == null || !String.valueOf(u.getScheme()).matches("https?")) {
      throw new IllegalArgumentException("the URL of the webhook has no http or https host");
    }
    return u;
  }

  private static String json(String text) {
    try {
      JsonMapper.shared().readTree(text);
      return text;
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "payloadTemplate is not JSON with the values of the event: " + e.getOriginalMessage(), e);
    }
  }

  private static String resolved(Manifests manifests, Hub hub, HubAction.Text text) {
    KeyRef ref = text.from();
    if (ref == null) {
      return String.valueOf(text.value());
    }
    String kind = ref.secret() ? "Secret" : "ConfigMap";
    Map<String, String> data =
        manifests.data().get(new DataKey(ref.secret(), hub.meta().namespace(), ref.name()));
    String value = data == null ? null : data.get(ref.key());
    if (value == null) {
      throw new IllegalArgumentException(
          kind
              + " "
              + hub.meta().namespace()
              + "/"
              + ref.name()
              + (data == null ? " is not among the resources" : " has no key " + ref.key()));
    }
    return value.strip();
  }

  /** Builds a Slack message: the text, facts about the alert and a button. */
  private static String slack(HubEvent event, Map<String, String> values) {
    String message = values.getOrDefault("message", "");
    if (message.isEmpty()) {
      message = "Hub " + event.hub() + ": " + event.name();
    }
    ObjectNode out = JsonMapper.shared().createObjectNode().put("text", message);
    ArrayNode blocks = out.putArray("blocks");
    ObjectNode first = blocks.addObject().put("type", "section");
    first.putObject("text").put("type", "mrkdwn").put("text", "*" + message + "*");
    JsonNode payload = JsonMapper.shared().readTree(event.payload());
    ObjectNode second = blocks.addObject().put("type", "section");
    ArrayNode fields = second.putArray("fields");
    field(fields, "Alert timestamp", event.timestamp());
    String primary = values.getOrDefault("labels_val_ref_primary", "");
    if (!primary.isEmpty()) {
      field(fields, primary, payload.path("labels").path(primary).asString("Unknown"));
    }
    field(fields, "alertname", payload.path("labels").path("alertname").asString("Unknown"));
    field(fields, "status", payload.path("status").asString("Unknown"));
    String link = values.getOrDefault("link_url", "");
    if (!link.isEmpty()) {
      ObjectNode button =
          blocks.addObject().put("type", "actions").putArray("elements").addObject();
      button.put("type", "button").put("style", "primary").put("url", link);
      button
          .putObject("text")
          .put("type", "plain_text")
          .put("text", values.getOrDefault("link_text", "See more"));
    }
    return out.toString();
  }

  private static void field(ArrayNode fields, String name, String value) {
    fields.addObject().put("type", "mrkdwn").put("text", "*" + name + "* - " + value);
  }
}
