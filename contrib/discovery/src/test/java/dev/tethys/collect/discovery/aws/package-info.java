/** Tests of AWS's discoveries. */
@org.jspecify.annotations.NullMarked
package dev.tethys.collect.discovery.aws;
