package dev.tethys.pipeline.privacy;

import java.util.Locale;

/** Kind of personal data or credential that is found in strings. */
public enum Detector {
  /** Payment card number of 13 to 19 digits with a known prefix and a correct Luhn check digit. */
  CARD("4111 1111 1111 1111", "4111 1111 1111 1112"),

  /** IBAN with the length of its country and a correct checksum (ISO 7064 mod 97-10). */
  IBAN("DE89 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"),

  /** E-mail address. */
  EMAIL("jane.doe@example.com", "user@localhost"),

  /** Phone number in international form, or in North American form with separators. */
  PHONE("+49 30 901820", "2024-05-06 12:30"),

  /** IPv4 or IPv6 address, except loopback and unspecified ones. */
  IP("203.0.113.7", "127.0.0.1"),

  /** Token with a known form: JSON web token, bearer token, tokens of common services. */
  TOKEN("ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_short"),

  /** Private key in PEM form, AWS key, or a value assigned to a name such as password. */
  KEY("password=correct-horse", "password policy");

  private final String sample;
  private final String counterSample;

  Detector(String sample, String counterSample) {
    this.sample = sample;
    this.counterSample = counterSample;
  }

  /** Returns the name, such as {@code card}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns a text with a finding. */
  public String sample() {
    return sample;
  }

  /** Returns a similar text without a finding. */
  public String counterSample() {
    return counterSample;
  }
}
