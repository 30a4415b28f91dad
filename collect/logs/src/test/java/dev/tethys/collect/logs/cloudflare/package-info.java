@org.jspecify.annotations.NullMarked
package dev.tethys.collect.logs.cloudflare;
