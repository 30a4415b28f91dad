/** Apache Thrift's binary and compact protocols, read. */
@NullMarked
package dev.tethys.codec.thrift;

import org.jspecify.annotations.NullMarked;
