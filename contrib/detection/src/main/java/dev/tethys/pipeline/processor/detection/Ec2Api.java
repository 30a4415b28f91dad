package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/** EC2 API of one region, called with credentials from the environment of the process. */
final class Ec2Api {
  private final DetectionEnvironment place;
  private final String region;

  Ec2Api(DetectionEnvironment place, String region) {
    this.place = place;
    this.region = region;
  }

  /** Returns the reservation of an instance, or null if there is none. */
  @Nullable Element reservation(String id) throws IOException, InterruptedException {
    Element root = ask(Map.of("Action", "DescribeInstances", "InstanceId.1", id));
    return XmlReader.child(root, "reservationSet", "item");
  }

  /** Returns the tags of an instance. */
  Map<String, String> tags(String id) throws IOException, InterruptedException {
    Map<String, String> tags = new TreeMap<>();
    String next = "";
    do {
      Map<String, String> what = new TreeMap<>();
      what.put("Action", "DescribeTags");
      what.put("Filter.1.Name", "resource-id");
      what.put("Filter.1.Value.1", id);
      if (!next.isEmpty()) {
        what.put("NextToken", next);
      }
      Element root = ask(what);
      for (Element tag : XmlReader.children(XmlReader.child(root, "tagSet"), "item")) {
        tags.put(XmlReader.text(tag, "key"), XmlReader.text(tag, "value"));
      }
      String token = XmlReader.text(root, "nextToken");
      next = token.equals(next) ? "" : token;
    } while (!next.isEmpty());
    return tags;
  }

  private Element ask(Map<String, String> what) throws IOException, InterruptedException {
    String host = "ec2." + region + ".amazonaws.com" + (region.startsWith("cn-") ? ".cn" : "");
    HttpClientConfig signing =
        new HttpClientConfig(
            null,
            null,
            null,
            TlsConfig.DEFAULT,
            true,
            false,
            ProxyConfig.NONE,
            Map.of(),
            new CloudAuth.SigV4(region, "", Secret.NONE, "", "", "", false, "ec2"));
    StringBuilder form = new StringBuilder("Version=2016-11-15");
    new TreeMap<>(what)
        .forEach(
            (k, v) ->
                form.append('&')
                    .append(k)
                    .append('=')
                    .append(URLEncoder.encode(v, StandardCharsets.UTF_8)));
    ClientRequest call =
        ClientRequest.post(
            URI.create("https://" + host + "/"),
            "application/x-www-form-urlencoded; charset=utf-8",
            form.toString().getBytes(StandardCharsets.UTF_8));
    String xml = DetectionEnvironment.text(call, place.clients().of(signing));
    return XmlReader.root(host, xml.getBytes(StandardCharsets.UTF_8));
  }
}
