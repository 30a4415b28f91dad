package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.model.DeadlineTimer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Processes of supervisord, over its XML-RPC (http://supervisord.org/api.html). */
final class SupervisordCollector implements NodeCollector {
  private static final int SECONDS = 10;
  private static final int MAX_BYTES = 16 << 20;
  private static final int STARTING = 10;
  private static final int RUNNING = 20;
  private static final int STOPPING = 40;
  private static final String QUESTION =
      "<?xml version=\"1.0\"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName>"
          + "<params></params></methodCall>";

  private static final Desc UP = gauge("up", "Process Up");
  private static final Desc STATE = gauge("state", "Process State");
  private static final Desc EXIT = gauge("exit_status", "Process Exit Status");
  private static final Desc START =
      Desc.counter("node_supervisord_start_time_seconds", "Process start time", "name", "group");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_supervisord_" + name, help, "name", "group");
  }

  private final URI url;

  /**
   * @param environment {@code SUPERVISORD_URL}, {@code ""} if it is not set
   */
  SupervisordCollector(NodeExporterOptions options, String environment) {
    String flag = options.string("collector.supervisord.url");
    boolean own = !flag.equals("http://localhost:9001/RPC2");
    String text = own || environment.isEmpty() ? flag : environment;
    url = url(text);
  }

  /** Errors omit the address, which may contain a password. */
  private static URI url(String text) {
    URI u;
    try {
      u = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "--collector.supervisord.url, or SUPERVISORD_URL: "
              + e.getReason()); // the input is not shown
    }
    boolean unix = "unix".equals(u.getScheme());
    if (!unix && !"http".equals(u.getScheme())) {
      throw new IllegalArgumentException(
          "--collector.supervisord.url, or SUPERVISORD_URL, begins with http:// or unix://, not "
              + u.getScheme()
              + ":");
    }
    if (unix ? u.getPath() == null || u.getPath().isEmpty() : u.getHost() == null) {
      throw new IllegalArgumentException(
          "--collector.supervisord.url, or SUPERVISORD_URL, names no "
              + (unix ? "path" : "host that is one"));
    }
    return u;
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Element answer = document(ask());
    NodeList structures = answer.getElementsByTagName("struct");
    for (int i = 0; i < structures.getLength(); i++) {
      Map<String, String> process = members((Element) structures.item(i));
      if (process.containsKey("faultCode")) {
        throw new IOException(
            "unable to call supervisord: " + process.getOrDefault("faultString", ""));
      }
      String[] labels = {process.getOrDefault("name", ""), process.getOrDefault("group", "")};
      int state = number(process, "state");
      out.add(STATE, state, labels);
      out.add(EXIT, number(process, "exitstatus"), labels);
      boolean up = state == STARTING || state == RUNNING || state == STOPPING;
      out.add(UP, up ? 1 : 0, labels);
      if (up) {
        out.add(START, number(process, "start"), labels);
      }
    }
  }

  private static int number(Map<String, String> process, String name) throws IOException {
    String v = process.getOrDefault(name, "0");
    try {
      return Integer.parseInt(v);
    } catch (NumberFormatException e) {
      throw new IOException("supervisord: " + name + " is not a number: " + v, e);
    }
  }

  private static Map<String, String> members(Element structure) {
    Map<String, String> out = new HashMap<>();
    for (Node n = structure.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n instanceof Element member && member.getTagName().equals("member")) {
        out.put(text(member, "name"), text(member, "value"));
      }
    }
    return out;
  }

  private static String text(Element e, String tag) {
    NodeList found = e.getElementsByTagName(tag);
    return found.getLength() == 0 ? "" : String.valueOf(found.item(0).getTextContent()).strip();
  }

  private static Element document(byte[] body) throws IOException {
    try {
      DocumentBuilderFactory f = DocumentBuilderFactory.newInstance();
      f.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      return f.newDocumentBuilder().parse(new ByteArrayInputStream(body)).getDocumentElement();
    } catch (SAXException | ParserConfigurationException e) {
      throw new IOException("supervisord sent a response that is not XML: " + e.getMessage(), e);
    }
  }

  private byte[] ask() throws IOException {
    if ("unix".equals(url.getScheme())) {
      try (SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        DeadlineTimer alarm =
            DeadlineTimer.closing(c, System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS));
        try (alarm) {
          c.connect(UnixDomainSocketAddress.of(url.getPath()));
          return exchange(Channels.newInputStream(c), Channels.newOutputStream(c));
        } catch (ClosedChannelException e) {
          throw alarm.hasRung() ? new IOException("supervisord does not answer in time", e) : e;
        }
      }
    }
    try (Socket s = new Socket()) {
      int port = url.getPort() < 0 ? 80 : url.getPort();
      s.connect(new InetSocketAddress(url.getHost(), port), SECONDS * 1000);
      s.setSoTimeout(SECONDS * 1000);
      return exchange(s.getInputStream(), s.getOutputStream());
    } catch (SocketTimeoutException e) {
      throw new IOException("supervisord does not answer in time", e);
    }
  }

  /** Exchanges one HTTP/1.0 request: the end of the connection is that of the response. */
  private byte[] exchange(InputStream in, OutputStream out) throws IOException {
    boolean unix = "unix".equals(url.getScheme());
    String path = unix || url.getRawPath().isEmpty() ? "/RPC2" : url.getRawPath();
    String login = url.getUserInfo();
    String head =
        "POST "
            + path
            + " HTTP/1.0\r\nHost: "
            + (unix ? "unix" : url.getHost())
            + "\r\nContent-Type: text/xml\r\nContent-Length: "
            + QUESTION.length()
            + (login == null
                ? ""
                : "\r\nAuthorization: Basic "
                    + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)))
            + "\r\n\r\n";
    out.write((head + QUESTION).getBytes(StandardCharsets.UTF_8));
    out.flush();
    byte[] all = in.readNBytes(MAX_BYTES);
    String text = new String(all, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    String first = text.lines().findFirst().orElse("");
    if (end < 0 || !first.matches("HTTP/1\\.[01] 200( .*)?")) {
      throw new IOException("unable to call supervisord: it answers \"" + first + "\"");
    }
    return Arrays.copyOfRange(all, end + 4, all.length);
  }
}
