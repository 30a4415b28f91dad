package dev.tethys.pipeline.exporter.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tethys.web.scram.Scram;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Base64;

/** A password that is proved without being sent (RFC 5802). */
final class ScramLogin implements EnhancedAuthentication {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Scram scram;

  ScramLogin(String mechanism, String user, String password) throws IOException {
    byte[] random = new byte[24];
    RANDOM.nextBytes(random);
    scram = Scram.of(mechanism, user, password, Base64.getEncoder().encodeToString(random));
  }

  @Override
  public byte[] first() {
    return scram.first().getBytes(UTF_8);
  }

  @Override
  public byte[] next(byte[] challenge) throws IOException {
    return scram.proof(new String(challenge, UTF_8)).getBytes(UTF_8);
  }

  @Override
  public void accepted(byte[] last) throws IOException {
    scram.verify(new String(last, UTF_8));
  }
}
