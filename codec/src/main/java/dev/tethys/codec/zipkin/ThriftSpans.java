package dev.tethys.codec.zipkin;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.thrift.ThriftReader;
import dev.tethys.codec.zipkin.ZipkinSpan.Annotation;
import dev.tethys.codec.zipkin.ZipkinSpan.Binary;
import dev.tethys.codec.zipkin.ZipkinSpan.Endpoint;
import dev.tethys.model.guard.RequestMemory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Spans of Zipkin's version 1 in Thrift. Source: zipkin-api's {@code zipkinCore.thrift}. */
final class ThriftSpans {
  private ThriftSpans() {}

  static ZipkinSpan span(ThriftReader r) {
    RequestMemory.chargeItem();
    ZipkinSpan s = new ZipkinSpan();
    r.beginStruct();
    while (r.nextField()) {
      switch (r.id()) {
        case 1 -> s.traceLow = r.readI64();
        case 3 -> s.name = r.readString();
        case 4 -> s.id = r.readI64();
        case 5 -> s.parent = r.readI64();
        case 6 -> {
          int n = r.beginList(ThriftReader.STRUCT);
          for (int i = 0; i < n; i++) {
            s.annotations.add(annotation(r));
          }
        }
        case 8 -> {
          int n = r.beginList(ThriftReader.STRUCT);
          for (int i = 0; i < n; i++) {
            s.binary.add(binary(r));
          }
        }
        case 10 -> s.timestamp = r.readI64();
        case 11 -> s.duration = r.readI64();
        case 12 -> s.traceHigh = r.readI64();
        default -> r.skip();
      }
    }
    r.endStruct();
    return s;
  }

  private static Annotation annotation(ThriftReader r) {
    long time = 0;
    String value = "";
    Endpoint endpoint = Endpoint.NONE;
    r.beginStruct();
    while (r.nextField()) {
      switch (r.id()) {
        case 1 -> time = r.readI64();
        case 2 -> value = r.readString();
        case 3 -> endpoint = endpoint(r);
        default -> r.skip();
      }
    }
    r.endStruct();
    return new Annotation(time, value, endpoint);
  }

  private static Binary binary(ThriftReader r) {
    String key = "";
    byte[] value = {};
    int type = 6;
    Endpoint endpoint = Endpoint.NONE;
    r.beginStruct();
    while (r.nextField()) {
      switch (r.id()) {
        case 1 -> key = r.readString();
        case 2 -> value = r.readBinary();
        case 3 -> type = r.readI32();
        case 4 -> endpoint = endpoint(r);
        default -> r.skip();
      }
    }
    r.endStruct();
    try {
      return new Binary(key, text(type, ByteBuffer.wrap(value)), endpoint, type != 1 && type != 6);
    } catch (BufferUnderflowException e) {
      throw new CodecException(
          "zipkin: the annotation \"" + key + "\" has " + value.length + " bytes, too few", e);
    }
  }

  /** A value of {@code AnnotationType}. */
  private static String text(int type, ByteBuffer value) {
    return switch (type) {
      case 0 -> String.valueOf(value.hasRemaining() && value.get() == 1);
      case 1 -> Base64.getEncoder().encodeToString(value.array());
      case 2 -> String.valueOf(value.getShort());
      case 3 -> String.valueOf(value.getInt());
      case 4 -> String.valueOf(value.getLong());
      case 5 -> String.valueOf(value.getDouble());
      case 6 -> new String(value.array(), StandardCharsets.UTF_8);
      default -> throw new CodecException("zipkin: unknown type " + type + " of annotations");
    };
  }

  private static Endpoint endpoint(ThriftReader r) {
    int ipv4 = 0;
    int port = 0;
    String service = "";
    byte[] ipv6 = {};
    r.beginStruct();
    while (r.nextField()) {
      switch (r.id()) {
        case 1 -> ipv4 = r.readI32();
        case 2 -> port = r.readI16() & 0xffff;
        case 3 -> service = r.readString();
        case 4 -> ipv6 = r.readBinary();
        default -> r.skip();
      }
    }
    r.endStruct();
    byte[] four = ipv4 == 0 ? new byte[0] : ByteBuffer.allocate(4).putInt(ipv4).array();
    return new Endpoint(service, address(four), address(ipv6), port);
  }

  /** An address as text; "" if there is none. */
  static String address(byte[] b) {
    try {
      return b.length == 0 ? "" : InetAddress.getByAddress(b).getHostAddress();
    } catch (UnknownHostException e) {
      return "";
    }
  }
}
