package dev.tethys.pipeline.exporter.nats;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.nats.NatsKey;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.GoJson;
import dev.tethys.pipeline.exporter.client.LineSockets;
import dev.tethys.pipeline.exporter.client.WebSocketAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Handshake of a connection (docs.nats.io, "Client Protocol"): the server sends its information,
 * TLS follows where either side requires it, then the client sends its credentials and receives a
 * response.
 */
final class NatsLogin {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern JWT =
      Pattern.compile("-----BEGIN NATS USER JWT-----\\s+(\\S+)\\s+-+END NATS USER JWT-+");
  private static final Pattern SEED =
      Pattern.compile("-----BEGIN USER NKEY SEED-----\\s+(\\S+)\\s+-+END USER NKEY SEED-+");

  private final NatsSettings settings;

  NatsLogin(NatsSettings settings) {
    this.settings = settings;
  }

  /**
   * Logs in to a server.
   *
   * @return the server's description of itself
   * @throws IOException if it rejects the login
   */
  JsonNode handshake(LineSockets.Line line, NatsSettings.Server server) throws IOException {
    TlsConfig tls = settings.tls();
    WebSocketAddress webSocket = server.webSocket();
    if (webSocket != null) {
      webSocket.open(line);
    }
    if (settings.tlsFirst() && tls != null) {
      line.secure(tls);
    }
    String response = line.read();
    if (!response.startsWith("INFO ")) {
      throw new IOException("not a NATS server: " + shown(response));
    }
    JsonNode info;
    try {
      info = JSON.readTree(response.substring(5));
    } catch (JacksonException e) {
      throw new IOException("the server information is not valid JSON: " + shown(response), e);
    }
    boolean secured = settings.tlsFirst() || server.secured();
    if (!secured
        && webSocket == null
        && (tls != null || info.path("tls_required").asBoolean(false))) {
      if (!info.path("tls_required").asBoolean(false)
          && !info.path("tls_available").asBoolean(false)) {
        throw new IOException("it does not support TLS, which is required");
      }
      line.secure(tls == null ? TlsConfig.DEFAULT : tls);
      secured = true;
    }
    line.write(
        ("CONNECT " + connect(info.path("nonce").asString(""), secured) + "\r\nPING\r\n")
            .getBytes(StandardCharsets.UTF_8));
    for (String answer = line.read(); !answer.equals("PONG"); answer = line.read()) {
      if (answer.startsWith("-ERR")) {
        throw new IOException("it refused the connection: " + answer.substring(4).strip());
      }
      if (answer.equals("PING")) {
        line.write("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
      }
    }
    return info;
  }

  private String connect(String nonce, boolean secured) throws IOException {
    StringBuilder sb =
        new StringBuilder("{\"verbose\":false,\"pedantic\":false,\"tls_required\":")
            .append(secured)
            .append(",\"name\":\"tethys\",\"lang\":\"java\",\"version\":\"1\",\"protocol\":1")
            .append(",\"headers\":true,\"no_responders\":true,\"echo\":false");
    if (!settings.username().isEmpty()) {
      add(sb, "user", settings.username());
      Secret p = settings.password();
      add(sb, "pass", p == null ? "" : p.value());
    }
    Secret token = settings.token();
    if (token != null) {
      add(sb, "auth_token", token.value());
    }
    try {
      Secret seed = settings.seed();
      if (seed != null) {
        NatsKey key = NatsKey.ofSeed(seed.value());
        add(sb, "nkey", key.user());
        add(sb, "sig", key.sign(nonce));
      }
      if (!settings.credentialsFile().isEmpty()) {
        String file = Files.readString(Path.of(settings.credentialsFile()));
        add(sb, "jwt", part(JWT, file));
        Matcher own = SEED.matcher(file);
        if (own.find()) { // without a seed it is a bearer JWT, which has no signature
          add(sb, "sig", NatsKey.ofSeed(own.group(1)).sign(nonce));
        }
      }
    } catch (CodecException e) {
      throw new IOException(
          (settings.seed() == null ? settings.credentialsFile() : "nkey_seed")
              + ": "
              + e.getMessage(),
          e);
    }
    return sb.append('}').toString();
  }

  private static void add(StringBuilder sb, String name, String value) {
    GoJson.append(sb.append(",\"").append(name).append("\":"), value);
  }

  private static String part(Pattern p, String file) {
    Matcher m = p.matcher(file);
    if (!m.find()) {
      throw new CodecException("the file has no JWT of a user, as nsc writes it");
    }
    return m.group(1);
  }

  private static String shown(@Nullable String response) {
    String s = String.valueOf(response);
    return s.length() > 200 ? s.substring(0, 200) + "…" : s;
  }
}
