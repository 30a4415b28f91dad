package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.ConfigException;
import dev.tethys.config.ConnectionRules;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Redaction;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.NameScheme;
import dev.tethys.model.relabel.Relabeling;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code remote_write} in {@code prometheus.yml}.
 *
 * @param name configured name, or {@code ""} for none
 * @param headers headers sent with every request
 * @param relabeling relabeling applied to every series after external labels are added
 * @param message format of requests
 * @param sendNativeHistograms no effect for 2.0, which always carries them
 */
public record RemoteWriteConfig(
    URI url,
    String name,
    RemoteWriteMessage message,
    Duration timeout,
    Map<String, String> headers,
    Relabeling relabeling,
    boolean sendExemplars,
    boolean sendNativeHistograms,
    HttpClientConfig client,
    QueueConfig queue,
    MetadataConfig metadata) {

  private static final Section SECTION =
      new Section("remote_write", "Remote write endpoint to which samples are sent.");
  private static final Key<URI> ADDRESS =
      SECTION.required("url", Type.URL, "URL of the endpoint: http or https.");
  private static final Key<String> NAME =
      SECTION.key(
          "name", Type.STRING, "", "Name of the endpoint in metrics and logs; must be unique.");
  private static final Key<RemoteWriteMessage> PROTOBUF_MESSAGE =
      SECTION.key(
          "protobuf_message",
          Type.oneOf("remote write protobuf message", messages()),
          RemoteWriteMessage.V1,
          "Message type of requests: remote write 1.0 or 2.0. After a 415 "
              + "response to 2.0, requests use 1.0.");
  private static final Key<Duration> REMOTE_TIMEOUT =
      SECTION.key("remote_timeout", Type.DURATION, Duration.ofSeconds(30), "Timeout of a request.");
  private static final Key<Map<String, String>> HEADERS =
      SECTION.key(
          "headers",
          Type.map(Type.of("string", "", YamlNode::asString)),
          Map.of(),
          "Additional headers of requests, such as a tenant.");
  private static final Key<YamlNode> WRITE_RELABEL =
      SECTION.optional(
          "write_relabel_configs",
          RelabelConfig.LIST,
          "Relabelling rules for every series sent, applied after external " + "labels are added.");
  private static final Key<Boolean> SEND_EXEMPLARS =
      SECTION.key("send_exemplars", Type.BOOL, false, "If true, exemplars are sent.");
  private static final Key<Boolean> SEND_NATIVE_HISTOGRAMS =
      SECTION.key(
          "send_native_histograms",
          Type.BOOL,
          false,
          "If true, native histograms are sent; 2.0 always sends them.");
  private static final Key<Boolean> ROUND_ROBIN_DNS =
      SECTION.key(
          "round_robin_dns",
          Type.BOOL,
          false,
          "If true, HTTP/1.1 connections use all addresses of the host instead "
              + "of the first that accepts; connections through a proxy go to the "
              + "proxy.");
  private static final Key<QueueConfig> QUEUE =
      SECTION.key(
          "queue_config", QueueConfig.TYPE, QueueConfig.DEFAULT, "Size and retries of requests.");
  private static final Key<MetadataConfig> METADATA =
      SECTION.key(
          "metadata_config",
          MetadataConfig.TYPE,
          MetadataConfig.DEFAULT,
          "Metadata of metric families: type, help and unit.");

  private static final Key<CloudAuth> SIGV4 =
      SECTION.optional("sigv4", CloudAuth.SigV4.TYPE, "AWS request signing.");
  private static final Key<CloudAuth> AZUREAD =
      SECTION.optional("azuread", CloudAuth.AzureAd.TYPE, "Azure tokens of requests.");
  private static final Key<CloudAuth> GOOGLE_IAM =
      SECTION.optional("google_iam", CloudAuth.GoogleIam.TYPE, "Google tokens of requests.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  /** Unparsed list of destinations; read it with {@link #readAll}. */
  public static final Type<List<YamlNode>> LIST = Type.list(Type.of("remote_write", null, n -> n));

  private static LinkedHashMap<String, RemoteWriteMessage> messages() {
    LinkedHashMap<String, RemoteWriteMessage> m = new LinkedHashMap<>();
    for (RemoteWriteMessage x : RemoteWriteMessage.values()) {
      m.put(x.text(), x);
    }
    return m;
  }

  /** Returns the sections, for the reference of all keys. */
  public static List<Section> sections() {
    return List.of(SECTION, QueueConfig.SECTION, MetadataConfig.SECTION);
  }

  /**
   * Reads all destinations of a file.
   *
   * @throws ConfigException also when two have one name, or are the same
   */
  public static List<RemoteWriteConfig> readAll(List<YamlNode> nodes, NameScheme names) {
    List<RemoteWriteConfig> out = new ArrayList<>();
    Set<String> shown = new LinkedHashSet<>();
    for (YamlNode n : nodes) {
      n.attempt(
          () -> {
            RemoteWriteConfig c = read(n.object(SECTION), names);
            if (!c.name.isEmpty() && out.stream().anyMatch(o -> o.name.equals(c.name))) {
              throw n.error("found multiple remote write configs with job name \"" + c.name + "\"");
            }
            if (!shown.add(c.id())) {
              throw n.error(
                  "duplicate remote write configs are not allowed, found duplicate for URL: "
                      + c.shownUrl());
            }
            out.add(c);
          });
    }
    return List.copyOf(out);
  }

  /** Reads one destination. */
  static RemoteWriteConfig read(YamlObject o, NameScheme names) {
    URI url = o.get(ADDRESS);
    if (url.toString().isEmpty()) {
      throw o.error(ADDRESS, "url for remote_write is empty");
    }
    YamlNode message = o.at(PROTOBUF_MESSAGE);
    if (message != null && message.isNull()) {
      throw o.error(
          PROTOBUF_MESSAGE,
          "protobuf_message is empty; allowed: " + String.join(", ", messages().keySet()));
    }
    Map<String, String> headers = HttpClientConfig.sentHeaders(o, HEADERS);
    return new RemoteWriteConfig(
        url,
        o.get(NAME),
        o.get(PROTOBUF_MESSAGE),
        o.get(REMOTE_TIMEOUT),
        headers,
        RelabelConfig.read(o.at(WRITE_RELABEL), names),
        o.get(SEND_EXEMPLARS),
        o.get(SEND_NATIVE_HISTOGRAMS),
        HttpClientConfig.read(o, HttpClientConfig.DEFAULT_HTTP1)
            .with(o.get(ROUND_ROBIN_DNS) ? ConnectionRules.ANY_ADDRESS : ConnectionRules.USUAL)
            .with(o.find(SIGV4), o)
            .with(o.find(AZUREAD), o)
            .with(o.find(GOOGLE_IAM), o),
        o.get(QUEUE),
        o.get(METADATA));
  }

  /**
   * Returns the identifier used in metrics, logs and folders: its name, or six hexadecimal digits
   * of a hash of its settings.
   */
  public String id() {
    if (!name.isEmpty()) {
      return name;
    }
    try {
      byte[] d =
          MessageDigest.getInstance("MD5")
              .digest(YamlWriter.write(tree()).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(d, 0, 3);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the URL without its secrets. */
  public String shownUrl() {
    return Redaction.url(url);
  }

  /** Whether native histograms are sent there. */
  boolean histograms() {
    return sendNativeHistograms || message == RemoteWriteMessage.V2;
  }

  /** Settings as a tree for output. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("url", Redaction.passwordMasked(url)); // part of the id hash; shown by writeRedacted
    m.put("remote_timeout", timeout);
    m.put("headers", headers.isEmpty() ? null : headers);
    m.put("write_relabel_configs", RelabelConfig.tree(relabeling));
    m.put("name", name.isEmpty() ? null : name);
    m.put("send_exemplars", sendExemplars ? true : null);
    m.put("send_native_histograms", sendNativeHistograms ? true : null);
    m.put("round_robin_dns", client.connections().anyAddress() ? true : null);
    m.put("protobuf_message", message.text());
    client.addTo(m);
    m.put("queue_config", queue.tree());
    m.put("metadata_config", metadata.tree());
    return m;
  }
}
