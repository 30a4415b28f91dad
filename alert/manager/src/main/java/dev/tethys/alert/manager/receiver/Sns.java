package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.util.Map;

/** A message of Amazon SNS. */
final class Sns extends HttpReceiverKind {
  private static final Section SIGV4 = new Section("sigv4", "Signatures of AWS.");
  private static final Key<String> REGION =
      SIGV4.key("region", Type.STRING, "", "The region; else that of the environment.");
  private static final Key<String> ACCESS_KEY =
      SIGV4.key("access_key", Type.STRING, "", "The key; else that of the environment.");
  private static final Key<Secret> SECRET_KEY =
      SIGV4.key("secret_key", Type.SECRET, Secret.NONE, "Its secret.");

  static {
    SIGV4
        .notBuilt("profile", "A profile of the AWS configuration.")
        .notBuilt("role_arn", "A role to take.")
        .notBuilt("external_id", "Of the role.")
        .notBuilt("use_fips_sts_endpoint", "Where roles are asked for.");
  }

  private final Key<String> apiUrl =
      section.key("api_url", Type.STRING, "", "The API; else that of the region.");
  private final Key<YamlObject> sigv4 =
      section.optional("sigv4", SIGV4.type(ReceiverKind::whole), "How requests are signed.");
  private final Key<String> topicArn = section.key("topic_arn", Type.STRING, "", "The topic.");
  private final Key<String> phoneNumber =
      section.key("phone_number", Type.STRING, "", "Or a phone.");
  private final Key<String> targetArn =
      section.key("target_arn", Type.STRING, "", "Or an endpoint of a mobile application.");
  private final Key<String> subject =
      section.key(
          "subject",
          Type.STRING,
          "{{ template \"sns.default.subject\" . }}",
          "At most 100 characters.");
  private final Key<String> message =
      section.key(
          "message", Type.STRING, "{{ template \"sns.default.message\" . }}", "At most 256 KB.");
  private final Key<Map<String, String>> attributes =
      section.key("attributes", Type.map(Type.STRING), Map.of(), "Attributes of the message.");
  private final Key<Boolean> awsClient =
      section.key("use_aws_http_client", Type.BOOL, false, "Taken; there is one client only.");

  Sns() {
    super("sns", true, "A message of Amazon SNS.");
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
  public boolean built() {
    return false;
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    throw new IOException(key() + " is not built yet");
  }
}
