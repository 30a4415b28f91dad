/**
 * Files of Apache Parquet, written: https://parquet.apache.org/docs/file-format/ and {@code
 * parquet.thrift} of parquet-format 2.
 */
@NullMarked
package dev.tethys.codec.parquet;

import org.jspecify.annotations.NullMarked;
