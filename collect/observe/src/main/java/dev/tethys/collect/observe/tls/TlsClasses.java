package dev.tethys.collect.observe.tls;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_byte;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Instruments the Java classes that encrypt and decrypt, so that they pass their plain text to
 * TlsTap, the class loaded into the program. Code is added at the start of methods and before their
 * normal returns; the behaviour of the methods does not change.
 */
final class TlsClasses {
  /** Names of the classes in package sun.security.ssl. */
  static final List<String> NAMES =
      List.of("SSLEngineImpl", "SSLSocketImpl$AppInputStream", "SSLSocketImpl$AppOutputStream");

  private static final ClassDesc TAP = ClassDesc.of("dev.tethys.collect.observe.attached.TlsTap");
  private static final ClassDesc BYTES = CD_byte.arrayType();
  private static final ClassDesc BUFFER = ClassDesc.of("java.nio.ByteBuffer");
  private static final ClassDesc BUFFERS = BUFFER.arrayType();
  private static final ClassDesc RESULT = ClassDesc.of("javax.net.ssl.SSLEngineResult");

  private TlsClasses() {}

  /**
   * Changes a class.
   *
   * @param name one of {@link #NAMES}
   * @throws IOException if it is not as expected
   */
  static byte[] changed(String name, byte[] original) throws IOException {
    // Unknown types are treated as interfaces, to which anything may be assigned.
    ClassHierarchyResolver types =
        d -> {
          ClassHierarchyResolver.ClassHierarchyInfo known =
              ClassHierarchyResolver.defaultResolver().getClassInfo(d);
          return known == null ? ClassHierarchyResolver.ClassHierarchyInfo.ofInterface() : known;
        };
    AtomicInteger changed = new AtomicInteger();
    try {
      ClassFile file = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(types));
      ClassModel model = file.parse(original);
      byte[] out =
          file.transformClass(
              model,
              (builder, element) -> {
                if (element instanceof MethodModel m && m.code().isPresent() && wanted(name, m)) {
                  changed.incrementAndGet();
                  builder.transformMethod(m, MethodTransform.transformingCode(code(name, m)));
                } else {
                  builder.with(element);
                }
              });
      int expected = name.equals("SSLEngineImpl") ? 2 : 1;
      if (changed.get() != expected) {
        throw new IOException(name + " has unexpected methods");
      }
      return out;
    } catch (IllegalArgumentException
        | IllegalStateException
        | IndexOutOfBoundsException
        | UnsupportedOperationException e) {
      throw new IOException(name + " cannot be changed: " + e.getMessage(), e);
    }
  }

  private static boolean wanted(String name, MethodModel m) {
    String method = m.methodName().stringValue() + m.methodType().stringValue();
    return switch (name) {
      case "SSLEngineImpl" ->
          method.equals(
                  "wrap([Ljava/nio/ByteBuffer;IILjava/nio/ByteBuffer;)Ljavax/net/ssl/SSLEngineResult;")
              || method.equals(
                  "unwrap(Ljava/nio/ByteBuffer;[Ljava/nio/ByteBuffer;II)Ljavax/net/ssl/SSLEngineResult;");
      case "SSLSocketImpl$AppInputStream" -> method.equals("read([BII)I");
      default -> method.equals("write([BII)V");
    };
  }

  private static CodeTransform code(String name, MethodModel m) {
    boolean engine = name.equals("SSLEngineImpl");
    boolean wrap = m.methodName().equalsString("wrap");
    return engine ? new Engine(wrap) : new Stream(name.endsWith("AppInputStream"));
  }

  /** Copies the arguments, which the method may change, and shows them at each return. */
  private static final class Stream implements CodeTransform {
    private final boolean reads;
    private int bytes;
    private int offset;
    private int length;

    Stream(boolean reads) {
      this.reads = reads;
    }

    @Override
    public void atStart(CodeBuilder b) {
      bytes = b.allocateLocal(TypeKind.REFERENCE);
      offset = b.allocateLocal(TypeKind.INT);
      length = b.allocateLocal(TypeKind.INT);
      b.aload(b.parameterSlot(0)).astore(bytes);
      b.iload(b.parameterSlot(1)).istore(offset);
      b.iload(b.parameterSlot(2)).istore(length);
    }

    @Override
    public void accept(CodeBuilder b, CodeElement e) {
      if (e instanceof ReturnInstruction) {
        if (reads) {
          b.aload(bytes).iload(offset).aload(b.receiverSlot());
          b.invokestatic(TAP, "read", MethodTypeDesc.of(CD_int, CD_int, BYTES, CD_int, CD_Object));
        } else {
          b.aload(bytes).iload(offset).iload(length).aload(b.receiverSlot());
          b.invokestatic(
              TAP, "written", MethodTypeDesc.of(CD_void, BYTES, CD_int, CD_int, CD_Object));
        }
      }
      b.with(e);
    }
  }

  /** Keeps the buffers in clear as they were, and shows them with the result. */
  private static final class Engine implements CodeTransform {
    private final boolean wraps;
    private int before;

    Engine(boolean wraps) {
      this.wraps = wraps;
    }

    @Override
    public void atStart(CodeBuilder b) {
      before = b.allocateLocal(TypeKind.REFERENCE);
      int first = wraps ? 0 : 1;
      b.aload(b.parameterSlot(first));
      b.iload(b.parameterSlot(first + 1));
      b.iload(b.parameterSlot(first + 2));
      b.invokestatic(TAP, "before", MethodTypeDesc.of(BUFFERS, BUFFERS, CD_int, CD_int));
      b.astore(before);
    }

    @Override
    public void accept(CodeBuilder b, CodeElement e) {
      if (e instanceof ReturnInstruction) {
        b.aload(before).aload(b.receiverSlot());
        b.invokestatic(
            TAP,
            wraps ? "wrapped" : "unwrapped",
            MethodTypeDesc.of(RESULT, RESULT, BUFFERS, CD_Object));
      }
      b.with(e);
    }
  }
}
