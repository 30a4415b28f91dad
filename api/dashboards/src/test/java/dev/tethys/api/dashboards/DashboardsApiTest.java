package dev.tethys.api.dashboards;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.file.RealFiles;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DashboardsApiTest {
  private static final String NODES =
      "{\"uid\":\"nodes\",\"title\":\"Nodes\",\"tags\":[\"linux\"],\"panels\":[],\"x\": 1.50}";

  @TempDir Path dir;
  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicLong now = new AtomicLong(1_800_000_000_000L);
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    Files.createDirectories(dir.resolve("files"));
    open();
  }

  private void open() throws IOException {
    Routes routes = new Routes();
    new DashboardsApi(dir.resolve("data"), new RealFiles(), dir.resolve("files"), now::get)
        .addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private String send(String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + listener.port() + "/api/v1/dashboards" + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    HttpResponse<String> r = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return r.statusCode() + " " + r.body();
  }

  private String get(String path) throws IOException, InterruptedException {
    return send("GET", path, "");
  }

  @Test
  void keepsModelsUnchanged() throws Exception {
    assertThat(send("POST", "?folder=Hosts%20%22a%22,%22dashboard%22:", NODES))
        .startsWith("200 ")
        .contains("\"uid\":\"nodes\"", "\"version\":1,\"updated\":1800000000000");
    assertThat(get("/nodes/export")).isEqualTo("200 " + NODES + "\n");
    listener.close();
    open();
    assertThat(get("/nodes/export")).isEqualTo("200 " + NODES + "\n");
    assertThat(get("/nodes"))
        .contains("\"folder\":\"Hosts \\\"a\\\",\\\"dashboard\\\":\"", "\"dashboard\":" + NODES);
    assertThat(get("")).contains("\"title\":\"Nodes\"", "\"problems\":[]");
  }

  @Test
  void unwrapsResponsesOfGrafana() throws Exception {
    assertThat(send("POST", "", "{\"meta\":{},\"dashboard\":" + NODES + "}")).startsWith("200 ");
    assertThat(get("/nodes/export")).isEqualTo("200 " + NODES + "\n");
  }

  @Test
  void refusesAChangeFromAnOldVersion() throws Exception {
    send("POST", "", NODES);
    assertThat(send("PUT", "/nodes?version=1", NODES)).contains("\"version\":2");
    assertThat(send("PUT", "/nodes?version=1", NODES))
        .startsWith("409 ")
        .contains("conflict", "has version 2, the change was made from version 1");
    assertThat(send("POST", "", NODES)).startsWith("409 ").contains("uid nodes exists");
    assertThat(send("POST", "?overwrite=true", NODES)).contains("\"version\":3");
    assertThat(send("DELETE", "/nodes?version=2", "")).startsWith("409 ");
    assertThat(send("DELETE", "/nodes?version=3", "")).startsWith("200 ");
    assertThat(get("/nodes")).startsWith("404 ");
    assertThat(send("PUT", "/nodes?version=3", NODES)).startsWith("409 ").contains("was deleted");
    assertThat(send("PUT", "/nodes?version=0", NODES)).contains("\"version\":1");
  }

  @Test
  void findsByWordsFoldersAndTags() throws Exception {
    send("POST", "?folder=Hosts", NODES);
    send("POST", "", "{\"title\":\"Disks\",\"panels\":[]}");
    assertThat(get("?search=hosts%20node")).contains("Nodes").doesNotContain("Disks");
    assertThat(get("?tag=linux")).contains("Nodes").doesNotContain("Disks");
    assertThat(get("?folder=")).contains("Disks").doesNotContain("Nodes");
  }

  @Test
  void refusesWhatIsNotADashboard() throws Exception {
    assertThat(send("POST", "", "[]")).startsWith("400 ").contains("not a JSON object");
    assertThat(send("POST", "", "{\"a\":")).startsWith("400 ").contains("not a JSON object");
    assertThat(send("POST", "", "{\"a\":1}")).startsWith("400 ").contains("none of panels");
    assertThat(send("POST", "", "{\"title\":7}")).startsWith("400 ").contains("not a string");
    assertThat(send("POST", "", "{\"title\":\"" + "x".repeat(201) + "\"}")).startsWith("400 ");
    assertThat(send("POST", "", "{\"apiVersion\":\"v1\",\"spec\":{}}"))
        .startsWith("400 ")
        .contains("Kubernetes resource");
    String deep = "{\"panels\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    assertThat(send("POST", "", deep)).startsWith("400 ");
    String wrapped = "{\"dashboard\":".repeat(900) + "{}" + "}".repeat(900);
    assertThat(send("POST", "", wrapped)).startsWith("400 ").contains("none of panels");
    assertThat(send("POST", "", "{\"panels\":[],\"x\":\"" + "y".repeat(2 << 20) + "\"}"))
        .startsWith("413 ");
    assertThat(dir.resolve("data")).doesNotExist();
  }

  @Test
  void refusesNamesThatLeaveTheFolder() throws Exception {
    for (String uid : new String[] {"..%2Fx", "%2e%2e", "a.json", "a%00", "x".repeat(41)}) {
      assertThat(send("PUT", "/" + uid + "?version=0", "{\"panels\":[]}"))
          .as(uid)
          .startsWith("400 ");
      assertThat(get("/" + uid)).as(uid).startsWith("400 ");
    }
    assertThat(send("POST", "", "{\"uid\":\"../x\",\"panels\":[]}")).startsWith("400 ");
    assertThat(send("PUT", "/a?version=0", "{\"uid\":\"b\",\"panels\":[]}")).startsWith("400 ");
    assertThat(send("PUT", "/a", "{\"panels\":[]}")).startsWith("400 ").contains("version");
    assertThat(dir.resolve("data")).doesNotExist();
  }

  @Test
  void hidesDashboardsFromOtherTenants() throws Exception {
    send("POST", "", NODES);
    for (String path : new String[] {"", "/nodes", "/nodes/export"}) {
      assertThat(send("GET", path, "", "X-Scope-OrgID", "team")).startsWith("404 ");
    }
    assertThat(send("DELETE", "/nodes?version=1", "", "X-Scope-OrgID", "team")).startsWith("404 ");
    assertThat(get("/nodes")).startsWith("200 ");
  }

  /** A page of another site must not change dashboards with the rights of its reader. */
  @Test
  void refusesChangesFromOtherOrigins() throws Exception {
    assertThat(send("POST", "", NODES, "Origin", "http://evil.example")).startsWith("403 ");
    assertThat(get("/nodes")).startsWith("404 ");
  }

  @Test
  void showsFilesAndReadsThemAgainWhenTheyChange() throws Exception {
    Path hosts = dir.resolve("files/Hosts");
    Files.createDirectories(hosts);
    Files.writeString(hosts.resolve("nodes.json"), NODES);
    Files.writeString(dir.resolve("files/plain.json"), "{\"title\":\"No uid\",\"panels\":[]}");
    Files.writeString(dir.resolve("files/bad.json"), "{");
    Files.createDirectories(dir.resolve("files/..data"));
    Files.writeString(dir.resolve("files/..data/again.json"), NODES);
    assertThat(get(""))
        .contains("\"folder\":\"Hosts\"", "\"readOnly\":true,\"file\":\"Hosts/nodes.json\"")
        .contains("\"title\":\"No uid\"", "bad.json: dashboard is not a JSON object")
        .doesNotContain("again");
    assertThat(send("PUT", "/nodes?version=0", NODES)).startsWith("403 ").contains("read only");
    assertThat(send("DELETE", "/nodes?version=0", "")).startsWith("403 ");
    Files.writeString(hosts.resolve("nodes.json"), NODES.replace("Nodes", "Machines"));
    assertThat(get("")).contains("Nodes");
    now.addAndGet(DashboardFiles.PAUSE);
    assertThat(get("")).contains("Machines").doesNotContain("Nodes");
    Files.delete(hosts.resolve("nodes.json"));
    now.addAndGet(DashboardFiles.PAUSE);
    assertThat(get("")).doesNotContain("Machines");
  }

  @Test
  void namesFilesThatHideOthers() throws Exception {
    send("POST", "", NODES);
    Files.writeString(dir.resolve("files/a.json"), NODES);
    Files.writeString(dir.resolve("files/b.json"), NODES);
    now.addAndGet(DashboardFiles.PAUSE);
    assertThat(get(""))
        .contains("b.json: uid nodes is that of a.json")
        .contains("stored dashboard nodes is hidden by the file a.json");
  }
}
