package dev.tethys.app;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Every receiver that uses HTTP compared with the real Alertmanager's: a double of the services
 * receives the requests of both, which must be the same.
 */
@Tag("slow")
@Tag("contrib")
class ReceiverPeersTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String CONFIG =
      """
      templates: ['*.tmpl']
      route: {receiver: all, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}
      receivers:
      - name: all
        slack_configs:
        - api_url: {base}/slack/T0/B0
          send_resolved: true
          channel: '#ops'
          fields: [{title: 'T {{ .Status }}', value: v}, {title: U, value: '{{ len .Alerts }}', short: true}]
          short_fields: false
          actions:
          - {type: button, text: 'Go {{ .Status }}', url: 'http://x/{{ .GroupLabels.alertname }}', style: danger, name: dropped}
          - {type: button, text: Ack, name: ack, value: '1', confirm: {text: 'Sure?', ok_text: 'Yes', dismiss_text: 'No', title: Q}}
          link_names: true
          image_url: http://i
          message_text: 'msg {{ .Status }}'
        pagerduty_configs:
        - routing_key: rk
          url: {base}/pagerduty
          severity: '{{ .CommonLabels.severity }}'
          class: c
          component: comp
          group: g
          details: {extra: '{{ .CommonLabels.n }}', text: 'a: b', nested: {list: ['{{ .Status }}', 1, true]}}
          images: [{src: 'http://i/{{ .Status }}', alt: a, href: h}, {src: ''}]
          links: [{href: 'http://l', text: t}]
        opsgenie_configs:
        - api_key: ok
          api_url: {base}/opsgenie
          details: {a: '{{ .Status }}', severity: other}
          responders: [{name: 'ops', type: team}, {name: 'a,b', type: teams}, {username: 'u@x', type: user}]
          tags: 'one,two,{{ .Status }}'
          note: n
          priority: P1
          entity: e
          actions: 'x,y'
          update_alerts: true
        victorops_configs:
        - api_key: vk
          api_url: {base}/victorops/
          routing_key: '{{ .Status }}'
          message_type: WARNING
          custom_fields: {team: '{{ .GroupLabels.alertname }}'}
        telegram_configs:
        - api_url: {base}/telegram
          bot_token: '123:abc'
          chat_id: -100123
          message_thread_id: 5
          disable_notifications: true
          message: '<b>{{ .Status }}</b> {{ range .Alerts }}{{ .Annotations.text }}{{ end }}'
        discord_configs:
        - {webhook_url: '{base}/discord', content: 'c {{ .Status }}', username: bot, avatar_url: 'http://a'}
        msteams_configs: [{webhook_url: '{base}/msteams'}]
        msteamsv2_configs: [{webhook_url: '{base}/msteamsv2'}]
        webex_configs:
        - {api_url: '{base}/webex', room_id: r1, http_config: {authorization: {credentials: tok}}}
        wechat_configs:
        - {api_url: '{base}/wechat/', api_secret: s, corp_id: c, agent_id: '7', to_user: '@all', message_type: markdown, send_resolved: true}
        rocketchat_configs:
        - {api_url: '{base}/rocketchat', token: t, token_id: i, channel: '#c', fields: [{title: a, value: '{{ .Status }}'}], actions: [{text: go, url: 'http://g', msg: m}], send_resolved: true}
        mattermost_configs:
        - {webhook_url: '{base}/mattermost', channel: ops, props: {card: 'c {{ .Status }}'}, priority: {priority: Important, requested_ack: true, persistent_notifications: true}, fields: [{title: a, value: b, short: true}]}
        - {webhook_url: '{base}/mattermost2', attachments: [{title: 't {{ .Status }}', fields: [{title: a, value: b}]}]}
        jira_configs:
        - api_url: {base}/jira/rest/api/2
          project: OPS
          issue_type: Bug
          labels: [alert, '{{ .GroupLabels.alertname }}']
          fields: {customfield_1: {value: '{{ .Status }}'}, customfield_2: ['a', 2]}
          resolve_transition: Close
          reopen_transition: Reopen
          reopen_duration: 15d
          wont_fix_resolution: "Won't"
        incidentio_configs: [{url: '{base}/incidentio', alert_source_token: it}]
        sns_configs:
        - {api_url: '{base}/sns', topic_arn: 'arn:aws:sns:eu-west-1:1:t.fifo', sigv4: {region: eu-west-1, access_key: AK, secret_key: SK}, attributes: {k: '{{ .Status }}'}}
      """;

  @TempDir Path dir;

  private final Map<String, List<String>> heard = new ConcurrentHashMap<>();
  private final HttpServer services = loopback();

  private static HttpServer loopback() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeEach
  void listen() {
    services.createContext("/", this::answer);
    services.start();
  }

  @AfterEach
  void stop() {
    services.stop(0);
  }

  private void answer(HttpExchange x) throws IOException {
    String path = x.getRequestURI().toString();
    String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String who = path.substring(1, path.indexOf('/', 1));
    String rest = path.substring(who.length() + 1);
    heard.computeIfAbsent(who, k -> new CopyOnWriteArrayList<>()).add(seen(x, rest, body));
    String answer = "{}";
    String type = "application/json";
    if (rest.startsWith("/slack")) {
      answer = "ok";
      type = "text/plain";
    } else if (rest.startsWith("/wechat/gettoken")) {
      answer = "{\"access_token\":\"tk\",\"errcode\":0}";
    } else if (rest.startsWith("/wechat")) {
      answer = "{\"errcode\":0,\"errmsg\":\"ok\"}";
    } else if (rest.startsWith("/rocketchat")) {
      answer = "{\"success\":true}";
    } else if (rest.startsWith("/telegram")) {
      answer =
          "{\"ok\":true,\"result\":{\"message_id\":1,\"date\":1,\"chat\":{\"id\":-100123,\"type\":\"group\"}}}";
    } else if (rest.endsWith("/search")) {
      boolean exists =
          heard.get(who).stream().anyMatch(s -> s.startsWith("POST /jira/rest/api/2/issue "));
      answer =
          exists
              ? "{\"issues\":[{\"key\":\"OPS-1\",\"fields\":{\"status\":{\"name\":\"Open\",\"statusCategory\":{\"key\":\"new\"}}}}]}"
              : "{\"issues\":[]}";
    } else if (rest.endsWith("/transitions")) {
      answer =
          "{\"transitions\":[{\"id\":\"3\",\"name\":\"Other\"},{\"id\":\"5\",\"name\":\"Close\"}]}";
    } else if (rest.startsWith("/sns")) {
      answer =
          "<PublishResponse"
              + " xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>1</MessageId></PublishResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>";
      type = "text/xml";
    }
    byte[] b = answer.getBytes(StandardCharsets.UTF_8);
    x.getResponseHeaders().set("Content-Type", type);
    x.sendResponseHeaders(200, b.length);
    x.getResponseBody().write(b);
    x.close();
  }

  /** A request as one line that is the same regardless of the order of keys. */
  private static String seen(HttpExchange x, String path, String body) {
    StringBuilder sb = new StringBuilder(x.getRequestMethod() + " " + path + " ");
    for (String h : new String[] {"Content-Type", "Authorization", "X-Auth-Token", "X-User-Id"}) {
      String v = x.getRequestHeaders().getFirst(h);
      boolean signed = v != null && v.startsWith("AWS4");
      sb.append(signed ? v.replaceAll("(?s)/\\d{8}/(.*), SignedHeaders.*", "/$1") : v).append(' ');
    }
    if (path.startsWith("/sns")) {
      return sb
          + Arrays.stream(body.split("&"))
              .map(p -> URLDecoder.decode(p, StandardCharsets.UTF_8))
              .sorted()
              .toList()
              .toString();
    }
    try {
      JsonNode n = JSON.readTree(body);
      return sb + normal(n, path.startsWith("/telegram"));
    } catch (JacksonException e) {
      return sb + body;
    }
  }

  /** Telegram takes numbers and bools as strings, too. */
  private static String normal(JsonNode n, boolean loose) {
    if (n.isObject()) {
      Map<String, String> m = new TreeMap<>();
      n.properties().forEach(e -> m.put(e.getKey(), normal(e.getValue(), loose)));
      m.remove("notification_reason"); // newer than the real one here
      m.remove("routeLabels");
      return m.toString();
    }
    if (n.isArray()) {
      return n.valueStream().map(i -> normal(i, loose)).toList().toString();
    }
    return loose ? n.asString() : n.toString();
  }

  private String config(String who) throws IOException {
    StringBuilder t = new StringBuilder();
    for (String name :
        """
        slack.default.title slack.default.username slack.default.fallback slack.default.callbackid slack.default.pretext
        slack.default.titlelink slack.default.iconemoji slack.default.iconurl slack.default.text slack.default.footer slack.default.color
        pagerduty.default.description pagerduty.default.client pagerduty.default.clientURL opsgenie.default.message
        opsgenie.default.description opsgenie.default.source wechat.default.message wechat.default.to_party wechat.default.to_tag
        victorops.default.state_message victorops.default.entity_display_name victorops.default.monitoring_tool sns.default.subject
        sns.default.message discord.default.title discord.default.message webex.default.message msteams.default.summary
        msteams.default.title msteams.default.text msteamsv2.default.title msteamsv2.default.text jira.default.summary
        jira.default.description jira.default.priority rocketchat.default.title rocketchat.default.titlelink rocketchat.default.emoji
        rocketchat.default.iconurl rocketchat.default.text mattermost.default.color mattermost.default.username
        mattermost.default.title mattermost.default.titlelink mattermost.default.fallback mattermost.default.text\
        """
            .split("\\s+")) {
      t.append(
          "{{ define \"%s\" }}<%s> \"{{ .Status }}\" & ü {{ .CommonAnnotations.text }}{{ end }}%n"
              .formatted(name, name));
    }
    Files.writeString(dir.resolve("names.tmpl"), t);
    return CONFIG.replace(
        "{base}", "http://127.0.0.1:" + services.getAddress().getPort() + "/" + who);
  }

  @Test
  void everyReceiverGetsSameNotifications() throws IOException, InterruptedException {
    try (RealAlertmanager real = RealAlertmanager.start(dir, "real", config("real"))) {
      int port = Ports.free();
      Files.writeString(dir.resolve("ours.yml"), config("ours"));
      try (TethysProcess ours =
          TethysProcess.launch(
                  dir,
                  port,
                  List.of(
                      "alertmanager",
                      "--cluster.listen-address=",
                      "--config.file=" + dir.resolve("ours.yml"),
                      "--storage.path=" + dir.resolve("ours"),
                      "--web.external-url=http://am.example.org/x",
                      "--web.route-prefix=/",
                      "--web.listen-address=127.0.0.1:" + port))
              .awaitReady()) {
        String start = Instant.now().minusSeconds(60).toString();
        String later = Instant.now().plusSeconds(600).toString();
        String over = Instant.now().minusSeconds(1).toString();
        for (String[] when : new String[][] {{"firing", later}, {"resolved", over}}) {
          String alerts =
              """
              [{"labels": {"alertname": "A", "n": "one", "severity": "critical"}, "annotations": {"text": "it's <bad> & \\"ü\\""}, "startsAt": "%s", "endsAt": "%s",
                "generatorURL": "http://prom/graph?g0.expr=up&x=1"}]\
              """
                  .formatted(start, when[1]);
          for (int p : new int[] {real.port(), port}) {
            assertThat(RealAlertmanager.send(p, "POST", "/api/v2/alerts", alerts).statusCode())
                .isEqualTo(200);
          }
          await(when[0], () -> isDone("real", when[0]) && isDone("ours", when[0]));
        }
        SoftAssertions softly = new SoftAssertions();
        for (String kind :
            "slack pagerduty opsgenie victorops telegram discord msteams/ msteamsv2 webex wechat rocketchat mattermost/ mattermost2 jira incidentio sns"
                .split(" ")) {
          softly.assertThat(requests("ours", kind)).as(kind).isEqualTo(requests("real", kind));
        }
        softly.assertAll();
      }
    }
  }

  /** Whether all kinds of receivers have been notified as often as expected. */
  private boolean isDone(String who, String state) {
    boolean first = state.equals("firing");
    return requests(who, "slack").size() >= (first ? 1 : 2)
        && requests(who, "opsgenie").size() >= (first ? 3 : 4)
        && requests(who, "jira").size() >= (first ? 2 : 6)
        && requests(who, "wechat").size() >= (first ? 2 : 3)
        && "pagerduty victorops telegram discord msteams/ msteamsv2 webex rocketchat mattermost/ mattermost2 incidentio sns"
            .lines()
            .flatMap(l -> Arrays.stream(l.split(" ")))
            .allMatch(k -> requests(who, k).size() >= (first ? 1 : 2));
  }

  private List<String> requests(String who, String kind) {
    return heard.getOrDefault(who, List.of()).stream()
        .filter(
            s -> {
              String path = URI.create(s.split(" ")[1]).getRawPath();
              return (path + "/").startsWith("/" + kind);
            })
        .toList();
  }
}
