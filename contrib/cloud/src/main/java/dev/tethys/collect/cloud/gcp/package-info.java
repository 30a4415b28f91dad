/** Cloud SQL and Memorystore: instances, Cloud Monitoring and Cloud Logging of one project. */
@NullMarked
package dev.tethys.collect.cloud.gcp;

import org.jspecify.annotations.NullMarked;
