@NullMarked
package dev.tethys.collect.cloud.oci;

import org.jspecify.annotations.NullMarked;
