// The positive control of the purity check: everything the core must not do, once each. The check has to
// refuse every symbol named after an arrow (regular expressions over demangled names), and the object
// has to contain it; so a row of the allowlist that lets too much pass is found.
// clang-format off

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <clocale>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <locale>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include <hiredis/hiredis.h>

namespace forbidden {

// Environment
const char* environment() { return std::getenv("HOME"); }                            // -> getenv
int set_environment() { return setenv("A", "B", 1); }                                // -> setenv

// Clocks
int posix_clock(timespec* now) { return clock_gettime(CLOCK_MONOTONIC, now); }       // -> clock_gettime
std::time_t calendar_time() { return std::time(nullptr); }                           // -> time
int time_of_day(timeval* now) { return gettimeofday(now, nullptr); }                 // -> gettimeofday
std::clock_t processor_time() { return std::clock(); }                               // -> clock
auto wall() { return std::chrono::system_clock::now(); }                             // -> std::chrono::.*system_clock::now\(\)
auto steady() { return std::chrono::steady_clock::now(); }                           // -> std::chrono::.*steady_clock::now\(\)
std::tm* zone(const std::time_t* moment) { return std::localtime(moment); }          // -> localtime
auto use_wall() { return wall().time_since_epoch().count(); }
auto use_steady() { return steady().time_since_epoch().count(); }

// Randomness
unsigned device() { return std::random_device{}(); }                                 // -> std::random_device::_M_getval\(\)
int c_random() { return std::rand(); }                                               // -> rand
void c_seed() { std::srand(1); }                                                     // -> srand
auto kernel_random(void* to) { return getrandom(to, 8, 0); }                         // -> getrandom

// Threads
int posix_thread(pthread_t* id, void* (*run)(void*)) { return pthread_create(id, nullptr, run, nullptr); }  // -> pthread_create
void thread() { std::thread([] {}).join(); }                                         // -> std::thread::_M_start_thread\(.*\)
void lock(std::mutex& mutex) { mutex.lock(); }                                       // -> pthread_mutex_lock
void wake(std::condition_variable& waiter) { waiter.notify_one(); }                  // -> std::condition_variable::notify_one\(\)
void nap() { std::this_thread::sleep_for(std::chrono::seconds(1)); }                 // -> nanosleep|clock_nanosleep
unsigned long_nap() { return sleep(1); }                                             // -> sleep
void give_way() { std::this_thread::yield(); }                                       // -> sched_yield

// Files and streams
FILE* c_file() { return std::fopen("a", "r"); }                                      // -> fopen(64)?
void c_print() { std::printf("%d", 1); }                                             // -> printf
void c_error(const char* text) { std::fputs(text, stderr); }                         // -> stderr
std::fstream file() { return std::fstream("a"); }                                    // -> std::basic_fstream<.*>::basic_fstream\(.*\)|std::basic_filebuf<.*>::open\(.*\)
bool exists() { return std::filesystem::exists("a"); }                               // -> std::filesystem::status\(.*\)
void print() { std::cout << 1; }                                                     // -> std::cout
void complain() { std::cerr << 1; }                                                  // -> std::cerr
int open_file() { return open("a", O_RDONLY); }                                      // -> open(64)?
ssize_t read_file(void* to) { return read(0, to, 1); }                               // -> read
ssize_t write_file(const void* from) { return write(1, from, 1); }                   // -> write
void* map() { return mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, 0, 0); }            // -> mmap(64)?

// Network
int make_socket() { return socket(AF_INET, SOCK_STREAM, 0); }                        // -> socket
int wait_for(pollfd* descriptors) { return poll(descriptors, 1, 0); }                // -> poll
redisContext* hiredis_connect() { return redisConnect("localhost", 6379); }          // -> redisConnect
void* hiredis_command(redisContext* to) { return redisCommand(to, "PING"); }         // -> redisCommand

// What the whole process shares
void global_locale() { std::locale::global(std::locale::classic()); }                // -> std::locale::global\(.*\)
std::locale locale() { return std::locale(); }                                       // -> std::locale::locale\(\)
const char* c_locale() { return std::setlocale(LC_ALL, ""); }                        // -> setlocale
void on_signal() { std::signal(SIGINT, SIG_IGN); }                                   // -> signal
int process() { return getpid(); }                                                   // -> getpid
void leave() { std::exit(1); }                                                       // -> exit
int shell() { return std::system("true"); }                                          // -> system

// State that outlives a program: refused by the check of data
int counter = 1;                                                                     // => forbidden::counter
thread_local int thread_counter = 1;                                                 // => forbidden::thread_counter
int next_id() { static int id = 7; return ++id; }                                    // => forbidden::next_id\(\)::id
auto remembered(int value) { static std::vector<int> all; all.push_back(value); return all.size(); }     // => forbidden::remembered\(int\)::all

}  // namespace forbidden
