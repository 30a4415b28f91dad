package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.Notification;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.receiver.NotifyException;
import dev.tethys.alert.manager.receiver.ReceiverKind;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.WebClient;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsIdentity;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A message of Amazon SNS. */
public final class Sns extends HttpReceiverKind {
  private static final int MAX_BYTES = 256 * 1024;
  private static final int MAX_SMS_BYTES = 1600;
  private static final String FORM = "application/x-www-form-urlencoded";

  private static final Section SIGV4 = new Section("sigv4", "AWS Signature Version 4.");
  private static final Key<String> REGION =
      SIGV4.key(
          "region",
          Type.STRING,
          "",
          "AWS region; by default that of the environment or the machine.");
  private static final Key<String> ACCESS_KEY =
      SIGV4.key(
          "access_key", Type.STRING, "", "Access key; by default from the AWS credential chain.");
  private static final Key<Secret> SECRET_KEY =
      SIGV4.key("secret_key", Type.SECRET, Secret.NONE, "Secret key.");

  private static final Key<String> PROFILE =
      SIGV4.key("profile", Type.STRING, "", "Profile of the AWS configuration.");
  private static final Key<String> ROLE_ARN =
      SIGV4.key("role_arn", Type.STRING, "", "ARN of the role to assume.");
  private static final Key<String> EXTERNAL_ID =
      SIGV4.key("external_id", Type.STRING, "", "External ID for assuming the role.");
  private static final Key<Boolean> FIPS =
      SIGV4.key(
          "use_fips_sts_endpoint",
          Type.BOOL,
          false,
          "If true, roles are assumed at a FIPS endpoint of STS.");

  private final Key<String> apiUrl =
      section.key("api_url", Type.STRING, "", "URL of the API; that of the region by default.");
  private final Key<YamlObject> sigv4 =
      section.optional("sigv4", SIGV4.type(ReceiverKind::whole), "Signing of requests.");
  private final Key<String> topicArn =
      section.key("topic_arn", Type.STRING, "", "ARN of the topic.");
  private final Key<String> phoneNumber =
      section.key("phone_number", Type.STRING, "", "Phone number, instead of a topic.");
  private final Key<String> targetArn =
      section.key(
          "target_arn",
          Type.STRING,
          "",
          "ARN of a mobile application endpoint, instead of a topic.");
  private final Key<String> subject =
      section.key(
          "subject",
          Type.STRING,
          "{{ template \"sns.default.subject\" . }}",
          "Subject, at most 100 characters.");
  private final Key<String> message =
      section.key(
          "message",
          Type.STRING,
          "{{ template \"sns.default.message\" . }}",
          "Message, at most 256 KB.");
  private final Key<Map<String, String>> attributes =
      section.key("attributes", Type.map(Type.STRING), Map.of(), "Message attributes.");
  private final Key<Boolean> awsClient =
      section.key(
          "use_aws_http_client",
          Type.BOOL,
          false,
          "Read, without effect: there is only one HTTP client.");

  public Sns() {
    super("sns", true, "Message for Amazon SNS.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    boolean target = isSet(o, targetArn);
    boolean topic = isSet(o, topicArn);
    boolean phone = isSet(o, phoneNumber);
    if ((target ? 1 : 0) + (topic ? 1 : 0) + (phone ? 1 : 0) != 1) {
      throw o.error("must provide either a Target ARN, Topic ARN, or Phone Number for SNS config");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    AwsCredentials credentials = credentials(o.find(sigv4), context);
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      String region;
      AwsIdentity identity;
      try {
        region = credentials.region();
        identity = credentials.identity();
      } catch (IOException e) {
        throw NotifyException.again("signing for SNS: " + e.getMessage());
      }
      String api = t.of(apiUrl);
      URI uri =
          HttpSender.uri(
              api.isEmpty()
                  ? "https://sns." + region + "." + AwsCredentials.domain(region) + "/"
                  : api);
      byte[] body = HttpSender.form(message(o, t, n)).getBytes(StandardCharsets.UTF_8);
      ClientRequest call = ClientRequest.post(uri, FORM, body);
      Instant now = context.clock().instant();
      http.send(AwsSigner.sign(call, identity, region, "sns", now, false), limit);
    };
  }

  private static AwsCredentials credentials(@Nullable YamlObject s, NotifierContext context)
      throws IOException {
    AwsCredentials.Settings settings =
        s == null
            ? new AwsCredentials.Settings("", "", Secret.NONE, "", "", "", false)
            : new AwsCredentials.Settings(
                s.get(REGION),
                s.get(ACCESS_KEY),
                s.get(SECRET_KEY),
                s.get(PROFILE),
                s.get(ROLE_ARN),
                s.get(EXTERNAL_ID),
                s.get(FIPS));
    WebClient client = context.clients().client(HttpClientConfig.DEFAULT);
    return new AwsCredentials(
        settings, new CredentialDependencies(client::send, context.clock(), System::getenv));
  }

  private Map<String, String> message(YamlObject o, TemplateExpander t, Notification n) {
    Map<String, String> f = new TreeMap<>();
    f.put("Action", "Publish");
    f.put("Version", "2010-03-31");
    Map<String, String> facts = new TreeMap<>();
    o.get(attributes).forEach((k, v) -> facts.put(t.of(k), t.of(v)));
    int most = MAX_BYTES;
    if (isSet(o, topicArn)) {
      String topic = t.of(topicArn);
      f.put("TopicArn", topic);
      if (topic.endsWith(".fifo")) {
        f.put("MessageDeduplicationId", n.groupHash());
        f.put("MessageGroupId", n.groupHash());
      }
    }
    if (isSet(o, phoneNumber)) {
      f.put("PhoneNumber", t.of(phoneNumber));
      most = MAX_SMS_BYTES;
    }
    if (isSet(o, targetArn)) {
      f.put("TargetArn", t.of(targetArn));
    }
    String text = t.of(message);
    String sent = TemplateExpander.whole(text, most);
    if (sent.length() < text.length()) {
      facts.put("truncated", "true");
    }
    f.put("Message", sent);
    if (isSet(o, subject)) {
      f.put("Subject", t.of(subject));
    }
    int i = 1;
    for (Map.Entry<String, String> e : facts.entrySet()) {
      String entry = "MessageAttributes.entry." + i++;
      f.put(entry + ".Name", e.getKey());
      f.put(entry + ".Value.DataType", "String");
      f.put(entry + ".Value.StringValue", e.getValue());
    }
    return f;
  }
}
