/* Preloaded into a relay: writes down, in order, what it does to the files of one folder and when it answers 202.
 *
 * A record is one letter, four little-endian numbers and some bytes:
 *   O inode truncated 0 path      opened for writing       W inode offset 0 bytes      wrote
 *   T inode length 0              cut or grown             S inode since 0             synced what was recorded before `since`
 *   N 0 0 0 old \1 new            renamed                  U 0 0 0 path                removed
 *   A port 0 0                    answered 202 to the client on that port
 * RECORDED_FOLDER names the folder, RECORD the file. sync_file_range is not a sync: it waits for no disk.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_length;
static int record = -1;
static uint64_t count;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("RECORD");
  folder = getenv("RECORDED_FOLDER");
  if (!path || !folder) return;
  folder_length = strlen(folder);
  record = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
}

struct __attribute__((packed)) head { uint8_t letter; uint64_t a, b, c, length; };

/* The caller has the turn. */
static void note(char letter, uint64_t a, uint64_t b, uint64_t c, const void *bytes, size_t length) {
  struct head head = {letter, a, b, c, length};
  struct iovec parts[2] = {{&head, sizeof head}, {(void *)bytes, length}};
  if (syscall(SYS_writev, record, parts, 2) != (long)(sizeof head + length)) abort();
  count++;
}

/* Whether the file belongs to the folder; gives its inode and path. */
static int ours(int fd, uint64_t *inode, char *path, size_t size) {
  char link[64];
  struct stat stat;
  if (record < 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  if (strncmp(path, folder, folder_length) || fstat(fd, &stat) || !S_ISREG(stat.st_mode)) return 0;
  *inode = stat.st_ino;
  return 1;
}

#define BEGIN(fd) uint64_t inode; char path[1024]; if (!ours(fd, &inode, path, sizeof path))

static ssize_t write_at(int fd, const void *bytes, size_t length, off_t offset) {
  BEGIN(fd) return syscall(SYS_pwrite64, fd, bytes, length, offset);
  pthread_mutex_lock(&turn);
  ssize_t done = syscall(SYS_pwrite64, fd, bytes, length, offset);
  if (done > 0) note('W', inode, offset, 0, bytes, done);
  pthread_mutex_unlock(&turn);
  return done;
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return write_at(fd, bytes, length, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) { return write_at(fd, bytes, length, offset); }

/* An answer is written down before it leaves: from here on the relay has promised. */
static void look_for_answer(int fd, const void *bytes, size_t length) {
  struct sockaddr_in peer;
  socklen_t size = sizeof peer;
  if (record < 0 || length < 12 || memcmp(bytes, "HTTP/1.1 202", 12)) return;
  if (getpeername(fd, (struct sockaddr *)&peer, &size)) return;
  pthread_mutex_lock(&turn);
  note('A', ntohs(peer.sin_port), 0, 0, "", 0);
  pthread_mutex_unlock(&turn);
}
ssize_t send(int fd, const void *bytes, size_t length, int flags) {
  look_for_answer(fd, bytes, length);
  return syscall(SYS_sendto, fd, bytes, length, flags, NULL, 0);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  uint64_t inode;
  char path[1024];
  if (!ours(fd, &inode, path, sizeof path)) {
    look_for_answer(fd, bytes, length);
    return syscall(SYS_write, fd, bytes, length);
  }
  pthread_mutex_lock(&turn);
  struct stat stat;
  int appends = fcntl(fd, F_GETFL) & O_APPEND;
  off_t offset = appends && !fstat(fd, &stat) ? stat.st_size : lseek(fd, 0, SEEK_CUR);
  ssize_t done = syscall(SYS_write, fd, bytes, length);
  if (done > 0) note('W', inode, offset, 0, bytes, done);
  pthread_mutex_unlock(&turn);
  return done;
}
ssize_t writev(int fd, const struct iovec *parts, int number) {
  BEGIN(fd) {
    if (number > 0) look_for_answer(fd, parts[0].iov_base, parts[0].iov_len);
    return syscall(SYS_writev, fd, parts, number);
  }
  ssize_t total = 0;
  for (int at = 0; at < number; at++) {
    ssize_t done = parts[at].iov_len ? write(fd, parts[at].iov_base, parts[at].iov_len) : 0;
    if (done < 0) return total ? total : done;
    total += done;
  }
  return total;
}

static int cut(int fd, off_t length) {
  BEGIN(fd) return syscall(SYS_ftruncate, fd, length);
  pthread_mutex_lock(&turn);
  int failed = syscall(SYS_ftruncate, fd, length);
  if (!failed) note('T', inode, length, 0, "", 0);
  pthread_mutex_unlock(&turn);
  return failed;
}
int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off_t length) { return cut(fd, length); }

static int sync_file(long call, int fd) {
  BEGIN(fd) return syscall(call, fd);
  pthread_mutex_lock(&turn);
  uint64_t since = count;
  pthread_mutex_unlock(&turn);
  int failed = syscall(call, fd);
  if (failed) return failed;
  pthread_mutex_lock(&turn);
  note('S', inode, since, 0, "", 0);
  pthread_mutex_unlock(&turn);
  return 0;
}
int fsync(int fd) { return sync_file(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_file(SYS_fdatasync, fd); }

static int open_at(int place, const char *name, int flags, mode_t mode) {
  int fd = syscall(SYS_openat, place, name, flags, mode);
  if (fd < 0 || !(flags & (O_WRONLY | O_RDWR))) return fd;
  BEGIN(fd) return fd;
  pthread_mutex_lock(&turn);
  note('O', inode, !!(flags & O_TRUNC), 0, path, strlen(path));
  pthread_mutex_unlock(&turn);
  return fd;
}
#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, int); va_end(list); }
int open(const char *name, int flags, ...) { MODE return open_at(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE return open_at(AT_FDCWD, name, flags | O_LARGEFILE, mode); }
int openat(int place, const char *name, int flags, ...) { MODE return open_at(place, name, flags, mode); }
int openat64(int place, const char *name, int flags, ...) { MODE return open_at(place, name, flags | O_LARGEFILE, mode); }

int rename(const char *old, const char *new) {
  if (record < 0) return syscall(SYS_rename, old, new);
  pthread_mutex_lock(&turn);
  int failed = syscall(SYS_rename, old, new);
  char both[2048];
  if (!failed) note('N', 0, 0, 0, both, snprintf(both, sizeof both, "%s\1%s", old, new));
  pthread_mutex_unlock(&turn);
  return failed;
}
int unlink(const char *name) {
  if (record < 0) return syscall(SYS_unlink, name);
  pthread_mutex_lock(&turn);
  int failed = syscall(SYS_unlink, name);
  if (!failed) note('U', 0, 0, 0, name, strlen(name));
  pthread_mutex_unlock(&turn);
  return failed;
}
