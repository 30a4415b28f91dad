@org.jspecify.annotations.NullMarked
package dev.tethys.collect.kubernetes;
