/**
 * Fluentd's forward protocol. Source: its specification, version 1; MessagePack's specification.
 */
@NullMarked
package dev.tethys.codec.fluent;

import org.jspecify.annotations.NullMarked;
