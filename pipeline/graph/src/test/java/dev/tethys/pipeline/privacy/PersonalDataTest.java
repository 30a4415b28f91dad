package dev.tethys.pipeline.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
final class PersonalDataTest {
  private static final PersonalData ALL = PersonalData.all();

  private static String mask(String text) {
    return ALL.masked(text, (f, found) -> "<" + f.detector().word() + ">");
  }

  @ParameterizedTest
  @EnumSource(Detector.class)
  void findsItsExampleAloneAndInASentence(Detector d) {
    PersonalData one = new PersonalData(EnumSet.of(d));
    assertThat(one.find(d.sample())).as(d.sample()).hasSize(1);
    assertThat(one.find("user " + d.sample() + ", then more")).as(d.sample()).hasSize(1);
    assertThat(one.find(d.counterSample())).as(d.counterSample()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "paid with 4111111111111111 now | paid with <card> now",
        "card=5500-0000-0000-0004 | card=<card>",
        "amex 378282246310005. | amex <card>.",
        "to DE89370400440532013000, | to <iban>,",
        "GB29 NWBK 6016 1331 9268 19 ok | <iban> ok",
        "mail a.b+c@mail.example.co.uk! | mail <email>!",
        "<jane@example.com> | <<email>>",
        "call +1 (415) 555-2671 today | call <phone> today",
        "call 415-555-2671 today | call <phone> today",
        "from 10.1.2.3:8080 | from <ip>:8080",
        "from [2001:db8::8a2e:370:7334]:443 | from [<ip>]:443",
        "Authorization: Bearer abcdef0123456789ABCDEF | Authorization: Bearer <token>",
        "t=eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM done | t=<token> done",
        "user=jane&password=hunter22&x=1 | user=jane&password=<key>&x=1",
        "{\"api_key\": \"0123456789\"} | {\"api_key\": \"<key>\"}",
        "aws AKIAIOSFODNN7EXAMPLE key | aws <key> key",
        "4111111111111111 and 203.0.113.9 | <card> and <ip>",
      })
  void masks(String text, String masked) {
    assertThat(mask(text)).isEqualTo(masked);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "took 1700000000000000000 ns at 2024-05-06T12:30:45.123456789Z",
        "order 4111111111111112 of 12345678901234567890",
        "trace 0af7651916cd43dd8448eb211c80319c span b7ad6b7169203331",
        "version 1.2.3.4.5 on 127.0.0.1 and ::1 at 12:30:45",
        "std::vector<int>::push_back at file.cc:12:3",
        "mailto:@nobody, a@b, @Override",
        "password reset requested; token bucket is full",
        "password=**** password=",
        "DE00370400440532013000",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
        "range 100-200-3000, 2024-05-06 12:30+01:00",
      })
  void leavesAlone(String text) {
    assertThat(mask(text)).isEqualTo(text);
  }

  @Test
  void masksAPrivateKeyWhole() {
    String key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----";
    assertThat(mask("k: " + key + " end")).isEqualTo("k: <key> end");
    assertThat(mask("-----BEGIN PRIVATE KEY-----\nMIIEow")).isEqualTo("<key>");
    assertThat(mask("-----BEGIN CERTIFICATE-----\nMIIEow")).startsWith("-----BEGIN CERT");
  }

  @Test
  void findsCardsExactlyWhereTheLuhnDigitIsCorrect() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    PersonalData cards = new PersonalData(EnumSet.of(Detector.CARD));
    for (int i = 0; i < 2_000; i++) {
      StringBuilder n = new StringBuilder("4");
      for (int d = 0; d < 14; d++) {
        n.append(random.nextInt(10));
      }
      int found = 0;
      for (int check = 0; check < 10; check++) {
        found += cards.find("n " + n + check + ".").size();
      }
      assertThat(found).as("%s, seed %d", n, seed).isEqualTo(1);
    }
  }

  @Test
  void neverFailsAndNeverOverlaps() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String alphabet = "0123456789 -+.:@()=/\"'AaBbEeyJDE%_*\\[]{}&;,";
    for (int i = 0; i < 5_000; i++) {
      StringBuilder t = new StringBuilder();
      for (int n = random.nextInt(60); n > 0; n--) {
        t.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      int from = 0;
      for (Finding f : ALL.find(t.toString())) {
        assertThat(f.start()).as("%s, seed %d", t, seed).isGreaterThanOrEqualTo(from);
        assertThat(f.end()).isGreaterThan(f.start()).isLessThanOrEqualTo(t.length());
        from = f.end();
      }
    }
  }

  @Test
  void isLinearForLongTexts() {
    for (String part :
        List.of("@", "a@", "1 ", "1-", "+1 ", "A", "eyJ.", "::", "a:", "password=")) {
      String text = part.repeat(200_000 / part.length());
      assertThat(ALL.find(text)).as(part).isNotNull();
    }
  }
}
