//! Which distribution an import comes from.
//!
//! Invariant: the tables hold what the import's own name does not tell; anything else is the name itself, `_` as `-`.

use crate::python::name::normal_name;

/// When the tables were last held against the package index.
pub const TABLE_VERSION: &str = "2026-11";

/// Import (dotted, longest first) to the distributions that hold it. The first is what is inferred; one that is declared wins.
const DISTRIBUTIONS: &[(&str, &[&str])] = &[
    ("a2a", &["a2a-sdk"]),
    ("ag_ui", &["ag-ui-protocol"]),
    ("agents", &["openai-agents"]),
    ("apscheduler", &["APScheduler"]),
    ("atlassian", &["atlassian-python-api"]),
    ("attr", &["attrs"]),
    ("autogen", &["ag2", "pyautogen", "autogen-agentchat", "autogen"]),
    ("azure.core", &["azure-core"]),
    ("azure.cosmos", &["azure-cosmos"]),
    ("azure.functions", &["azure-functions"]),
    ("azure.identity", &["azure-identity"]),
    ("azure.servicebus", &["azure-servicebus"]),
    ("bs4", &["beautifulsoup4"]),
    ("bson", &["pymongo"]),
    ("cairosvg", &["CairoSVG"]),
    ("camel", &["camel-ai"]),
    ("corsheaders", &["django-cors-headers"]),
    ("crewai_tools", &["crewai-tools", "crewai[tools]"]),
    ("Crypto", &["pycryptodome", "pycryptodomex"]),
    ("cv2", &["opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"]),
    ("dateutil", &["python-dateutil"]),
    ("decouple", &["python-decouple"]),
    ("deepgram", &["deepgram-sdk"]),
    ("discord", &["discord.py", "py-cord"]),
    ("django", &["Django"]),
    ("docx", &["python-docx"]),
    ("dotenv", &["python-dotenv"]),
    ("dspy", &["dspy", "dspy-ai"]),
    ("environ", &["django-environ"]),
    ("faiss", &["faiss-cpu", "faiss-gpu"]),
    ("fastapi", &["fastapi[standard]"]),
    ("firecrawl", &["firecrawl-py"]),
    ("fitz", &["PyMuPDF"]),
    ("flask", &["Flask"]),
    ("flask_cors", &["Flask-Cors"]),
    ("flask_sqlalchemy", &["Flask-SQLAlchemy"]),
    ("fpdf", &["fpdf2", "fpdf"]),
    ("git", &["GitPython"]),
    ("github", &["PyGithub"]),
    ("gitlab", &["python-gitlab"]),
    ("google.adk", &["google-adk"]),
    ("google.api_core", &["google-api-core"]),
    ("google.auth", &["google-auth"]),
    ("google.cloud.aiplatform", &["google-cloud-aiplatform"]),
    ("google.cloud.documentai", &["google-cloud-documentai"]),
    ("google.cloud.pubsub_v1", &["google-cloud-pubsub"]),
    ("google.cloud.secretmanager", &["google-cloud-secret-manager"]),
    ("google.cloud.sql", &["cloud-sql-python-connector"]),
    ("google.cloud.translate_v2", &["google-cloud-translate"]),
    ("google.genai", &["google-genai"]),
    ("google.generativeai", &["google-generativeai"]),
    ("google.oauth2", &["google-auth"]),
    ("google.protobuf", &["protobuf"]),
    ("googleapiclient", &["google-api-python-client"]),
    ("googlesearch", &["googlesearch-python"]),
    ("grpc", &["grpcio"]),
    ("gtts", &["gTTS"]),
    ("guardrails", &["guardrails-ai"]),
    ("haystack", &["haystack-ai", "farm-haystack"]),
    ("IPython", &["ipython"]),
    ("jinja2", &["Jinja2"]),
    ("jose", &["python-jose"]),
    ("jwt", &["PyJWT"]),
    ("kafka", &["kafka-python"]),
    ("langgraph.checkpoint.mongodb", &["langgraph-checkpoint-mongodb"]),
    ("langgraph.checkpoint.postgres", &["langgraph-checkpoint-postgres"]),
    ("langgraph.checkpoint.redis", &["langgraph-checkpoint-redis"]),
    ("langgraph.checkpoint.sqlite", &["langgraph-checkpoint-sqlite"]),
    ("livekit.agents", &["livekit-agents"]),
    ("livekit.api", &["livekit-api"]),
    ("llama_cpp", &["llama-cpp-python"]),
    ("llama_index", &["llama-index", "llama-index-core"]),
    ("llama_index.core", &["llama-index-core", "llama-index"]),
    ("magic", &["python-magic"]),
    ("markdown", &["Markdown"]),
    ("mem0", &["mem0ai"]),
    ("microsoft_agents", &["microsoft-agents-hosting-core"]),
    ("multipart", &["python-multipart"]),
    ("mysql", &["mysql-connector-python"]),
    ("MySQLdb", &["mysqlclient"]),
    ("nacl", &["PyNaCl"]),
    ("newspaper", &["newspaper3k", "newspaper4k"]),
    ("openai", &["openai>=1.0"]),
    ("OpenSSL", &["pyOpenSSL"]),
    ("paho", &["paho-mqtt"]),
    ("phi", &["phidata"]),
    ("phoenix", &["arize-phoenix"]),
    ("PIL", &["Pillow"]),
    ("pinecone", &["pinecone", "pinecone-client"]),
    ("pipecat", &["pipecat-ai"]),
    ("pptx", &["python-pptx"]),
    ("psycopg", &["psycopg[binary]"]),
    ("psycopg2", &["psycopg2-binary", "psycopg2"]),
    ("pyaudio", &["PyAudio"]),
    ("pyautogui", &["PyAutoGUI"]),
    ("pydantic_ai", &["pydantic-ai", "pydantic-ai-slim"]),
    ("pymysql", &["PyMySQL"]),
    ("readability", &["readability-lxml"]),
    ("rest_framework", &["djangorestframework"]),
    ("restate", &["restate-sdk[serde]", "restate-sdk"]),
    ("ruamel", &["ruamel.yaml"]),
    ("serial", &["pyserial"]),
    ("serpapi", &["google-search-results", "serpapi"]),
    ("skimage", &["scikit-image"]),
    ("sklearn", &["scikit-learn"]),
    ("socketio", &["python-socketio"]),
    ("socks", &["PySocks"]),
    ("speech_recognition", &["SpeechRecognition"]),
    ("sqlalchemy", &["SQLAlchemy"]),
    ("strands", &["strands-agents"]),
    ("strands_tools", &["strands-agents-tools"]),
    ("tavily", &["tavily-python"]),
    ("telebot", &["pyTelegramBotAPI"]),
    ("telegram", &["python-telegram-bot"]),
    ("traceloop", &["traceloop-sdk"]),
    ("usb", &["pyusb"]),
    ("vertexai", &["google-cloud-aiplatform"]),
    ("weaviate", &["weaviate-client"]),
    ("websocket", &["websocket-client"]),
    ("whisper", &["openai-whisper"]),
    ("win32com", &["pywin32"]),
    ("wx", &["wxPython"]),
    ("xlsxwriter", &["XlsxWriter"]),
    ("yaml", &["PyYAML"]),
    ("zmq", &["pyzmq"]),
];

/// Imports that a distribution of the same name (`_` as `-`) is known to hold: it may be inferred beside declared ones.
#[rustfmt::skip]
const SAME: &[&str] = &[
    "PyPDF2", "agent_framework", "agentfield", "agentops", "agentscope", "agno", "aiofiles", "aiohttp", "aiosqlite",
    "alembic", "altair", "anthropic", "anyio", "arize", "arxiv", "astrapy", "asyncpg", "asyncssh",
    "autogen_agentchat", "autogen_core", "autogen_ext", "autogenstudio", "azure", "backoff", "bcrypt",
    "bedrock_agentcore", "boto3", "botocore", "browser_use", "cachetools", "celery", "chainlit", "chromadb",
    "claude_agent_sdk", "click", "cohere", "colorama", "composio", "composio_openai", "copilotkit", "crewai",
    "cryptography", "datasets", "dateparser", "ddgs", "deepagents", "deepeval", "diskcache", "docker", "duckdb",
    "duckduckgo_search", "e2b", "e2b_code_interpreter", "elevenlabs", "email_validator", "evaluate", "exa_py",
    "fake_useragent", "faker", "fastembed", "faster_whisper", "fastmcp", "feedparser", "fire", "flask", "gensim",
    "google_auth_oauthlib", "googlemaps", "gradio", "graphiti_core", "graphviz", "griptape", "groq", "gspread",
    "gunicorn", "h11", "html2text", "httpx", "httpx_sse", "huggingface_hub", "humanize", "imageio", "inngest",
    "instructor", "itsdangerous", "jira", "joblib", "json_repair", "jsonschema", "keras", "kubernetes", "lancedb",
    "langchain", "langchain_anthropic", "langchain_aws", "langchain_chroma", "langchain_classic",
    "langchain_cohere", "langchain_community", "langchain_core", "langchain_deepseek", "langchain_experimental",
    "langchain_google_genai", "langchain_google_vertexai", "langchain_groq", "langchain_huggingface",
    "langchain_mcp_adapters", "langchain_mistralai", "langchain_mongodb", "langchain_nvidia_ai_endpoints",
    "langchain_ollama", "langchain_openai", "langchain_pinecone", "langchain_postgres", "langchain_qdrant",
    "langchain_tavily", "langchain_text_splitters", "langchain_xai", "langdetect", "langfuse", "langgraph",
    "langgraph_sdk", "langgraph_supervisor", "langgraph_swarm", "langsmith", "letta", "letta_client", "lightgbm",
    "litellm", "livekit", "llama_cloud_services", "llama_parse", "loguru", "lxml", "markdownify", "marshmallow",
    "matplotlib", "mcp", "mistralai", "mlflow", "modal", "motor", "moviepy", "mss", "networkx", "nicegui", "nltk",
    "notion_client", "numpy", "ollama", "openpyxl", "opentelemetry", "orjson", "outlines", "pandas", "paramiko",
    "passlib", "pdfplumber", "peewee", "peft", "pgvector", "pika", "playwright", "plotly", "polars", "praw",
    "prefect", "prometheus_client", "psutil", "pwdlib", "pyarrow", "pydantic", "pydantic_settings", "pydub",
    "pymilvus", "pymongo", "pynput", "pypdf", "pypdfium2", "pyperclip", "pytesseract", "pytest", "pyttsx3",
    "pytube", "pytz", "pyvis", "qdrant_client", "qrcode", "ragas", "rank_bm25", "redis", "regex", "replicate",
    "reportlab", "requests", "requests_oauthlib", "rich", "rq", "schedule", "scipy", "seaborn", "selenium",
    "semantic_kernel", "sendgrid", "sentence_transformers", "sentry_sdk", "simpleeval", "slack_bolt", "slack_sdk",
    "slowapi", "smolagents", "sounddevice", "soundfile", "spacy", "sqlmodel", "sse_starlette", "starlette",
    "statsmodels", "streamlit", "streamlit_chat", "stripe", "structlog", "supabase", "sympy", "tabulate",
    "temporalio", "tenacity", "tensorflow", "textblob", "textual", "tiktoken", "tinydb", "together", "toml",
    "tomli", "tomli_w", "torch", "torchaudio", "torchvision", "tqdm", "trafilatura", "transformers", "tweepy",
    "twilio", "typer", "typing_extensions", "ujson", "ultralytics", "unstructured", "uvicorn", "uvloop", "wandb",
    "watchdog", "websockets", "werkzeug", "wikipedia", "xgboost", "xmltodict", "yarl", "yfinance",
    "youtube_transcript_api", "yt_dlp", "zep_cloud", "zep_python",
];

/// Names whose use needs a distribution beside the one they are imported from.
const NAMES: &[(&str, &str)] = &[("ChatOpenAI", "openai>=1.0"), ("OpenAIEmbeddings", "openai>=1.0")];

/// Distributions that others bring along: the name, and the declared names (`x*`: all that begin so) that bring it. Only
/// what these always need is here.
const BROUGHT: &[(&str, &[&str])] = &[
    ("aiohttp", &["discord-py", "langchain-community", "litellm", "livekit-agents", "pipecat-ai"]),
    ("anthropic", &["langchain-anthropic", "pydantic-ai"]),
    ("anyio", &["anthropic", "fastapi", "httpx", "mcp", "openai", "starlette"]),
    ("beautifulsoup4", &["yfinance"]),
    ("botocore", &["boto3"]),
    ("click", &["crewai", "flask", "litellm", "streamlit", "typer", "uvicorn"]),
    ("fastapi", &["chainlit", "google-adk", "gradio", "pipecat-ai"]),
    ("google-api-core", &["google-api-python-client", "google-cloud-*"]),
    ("google-auth", &["google-api-python-client", "google-auth-oauthlib", "google-cloud-*", "google-genai"]),
    ("google-genai", &["google-adk", "langchain-google-genai"]),
    ("google-cloud-aiplatform", &["google-adk", "langchain-google-vertexai"]),
    (
        "httpx",
        &[
            "ag2",
            "anthropic",
            "groq",
            "langgraph*",
            "langsmith",
            "mcp",
            "mistralai",
            "ollama",
            "openai*",
            "pydantic-ai*",
        ],
    ),
    ("huggingface-hub", &["datasets", "gradio", "sentence-transformers", "smolagents", "transformers"]),
    ("jinja2", &["flask", "litellm", "torch", "semantic-kernel"]),
    ("langchain", &["deepagents"]),
    ("langchain-core", &["deepagents", "langchain*", "langgraph*"]),
    ("langchain-text-splitters", &["langchain", "langchain-community"]),
    ("langgraph", &["deepagents", "langgraph-supervisor", "langgraph-swarm"]),
    ("langsmith", &["langchain*", "langgraph"]),
    ("livekit", &["livekit-agents"]),
    ("livekit-api", &["livekit-agents"]),
    ("llama-index-core", &["llama-index*"]),
    ("llama-index-embeddings-openai", &["llama-index"]),
    ("llama-index-llms-openai", &["llama-index"]),
    ("mcp", &["fastmcp", "google-adk", "langchain-mcp-adapters", "openai-agents", "strands-agents"]),
    (
        "numpy",
        &[
            "faiss*",
            "langchain-community",
            "matplotlib",
            "opencv*",
            "pandas",
            "scikit-learn",
            "scipy",
            "seaborn",
            "sentence-transformers",
            "streamlit",
            "transformers",
            "gradio",
            "chromadb",
        ],
    ),
    (
        "openai",
        &[
            "browser-use",
            "camel-ai",
            "crewai",
            "dspy*",
            "haystack-ai",
            "langchain-openai",
            "litellm",
            "llama-index",
            "openai-agents",
            "pydantic-ai",
            "semantic-kernel",
        ],
    ),
    ("opentelemetry-api", &["google-adk", "opentelemetry*", "pydantic-ai*", "semantic-kernel", "strands-agents"]),
    ("opentelemetry-sdk", &["google-adk", "opentelemetry-exporter*", "semantic-kernel", "strands-agents"]),
    ("pandas", &["gradio", "seaborn", "streamlit", "datasets", "yfinance"]),
    ("pillow", &["gradio", "matplotlib", "smolagents", "streamlit", "moviepy"]),
    (
        "pydantic",
        &[
            "ag2",
            "agno",
            "anthropic",
            "autogen*",
            "browser-use",
            "camel-ai",
            "chainlit",
            "chromadb",
            "crewai",
            "dspy*",
            "fastapi",
            "google-*",
            "gradio",
            "groq",
            "haystack-ai",
            "instructor",
            "langchain*",
            "langgraph*",
            "litellm",
            "llama-index*",
            "mcp",
            "mistralai",
            "openai*",
            "pipecat-ai",
            "pydantic-*",
            "semantic-kernel",
            "sqlmodel",
            "strands-agents",
            "agent-framework*",
            "fastmcp",
            "restate-sdk",
        ],
    ),
    ("pydantic-ai", &["pydantic-ai-slim"]),
    ("pydantic-settings", &["langchain-community", "mcp"]),
    ("python-dotenv", &["ag2", "browser-use", "crewai", "google-adk", "litellm", "pydantic-settings", "smolagents"]),
    ("pyyaml", &["huggingface-hub", "langchain*", "transformers", "google-adk", "agno"]),
    (
        "requests",
        &[
            "agno",
            "google-genai",
            "haystack-ai",
            "langchain",
            "langchain-community",
            "llama-index*",
            "smolagents",
            "streamlit",
            "tavily-python",
            "tiktoken",
            "transformers",
            "yfinance",
            "datasets",
            "stripe",
        ],
    ),
    ("rich", &["crewai", "smolagents", "typer", "agno"]),
    (
        "sqlalchemy",
        &["alembic", "flask-sqlalchemy", "google-adk", "langchain", "langchain-community", "llama-index*", "sqlmodel"],
    ),
    ("starlette", &["fastapi", "google-adk", "gradio", "mcp", "sse-starlette"]),
    ("tenacity", &["google-genai", "haystack-ai", "langchain*", "llama-index*"]),
    ("tiktoken", &["langchain-openai", "litellm", "llama-index*"]),
    ("torch", &["sentence-transformers"]),
    ("transformers", &["sentence-transformers"]),
    ("typer", &["agno", "gradio"]),
    ("typing-extensions", &["*"]),
    ("urllib3", &["botocore", "boto3", "requests"]),
    ("uvicorn", &["chainlit", "google-adk", "gradio", "mcp", "pipecat-ai"]),
    ("werkzeug", &["flask"]),
];

/// The requirements that can hold an import, the one to infer first; empty for a name that no one distribution owns.
#[must_use]
pub fn candidates(module: &str) -> Vec<String> {
    let mut prefix = module;
    loop {
        if let Some((_, held_by)) = DISTRIBUTIONS.iter().find(|(import, _)| *import == prefix) {
            // `llama_index.llms.openai` is not `llama_index` alone.
            if !(prefix == "llama_index" && module.split('.').count() > 2) {
                return held_by.iter().map(ToString::to_string).collect();
            }
        }
        match prefix.rsplit_once('.') {
            Some((shorter, _)) => prefix = shorter,
            None => break,
        }
    }
    of_namespace(&module.split('.').collect::<Vec<_>>())
}

/// The distributions of packages that many share, and of a name that stands for itself.
fn of_namespace(parts: &[&str]) -> Vec<String> {
    let dashed = |parts: &[&str]| parts.join("-").replace('_', "-");
    match *parts {
        ["google", "cloud", service, ..] => {
            // `speech_v1p1beta1` is an interface of `speech`.
            let end = service.rfind("_v").filter(|at| service[at + 2..].starts_with(|c: char| c.is_ascii_digit()));
            vec![format!("google-cloud-{}", dashed(&[&service[..end.unwrap_or(service.len())]]))]
        }
        ["azure", area, service, ..] => vec![dashed(&["azure", area, service])],
        ["opentelemetry", area @ ("exporter" | "instrumentation"), name, ..] => {
            vec![dashed(&["opentelemetry", area, name])]
        }
        ["opentelemetry", "sdk", ..] => vec!["opentelemetry-sdk".to_owned()],
        ["opentelemetry", ..] => vec!["opentelemetry-api".to_owned()],
        ["openinference", "instrumentation", name, ..] => vec![dashed(&["openinference-instrumentation", name])],
        ["livekit", "plugins", name, ..] => vec![dashed(&["livekit-plugins", name])],
        ["llama_index", "core", ..] => vec!["llama-index-core".to_owned()],
        ["llama_index", area, name, ..] => vec![dashed(&["llama-index", area, name]), "llama-index".to_owned()],
        ["haystack_integrations", .., name] => vec![format!("{}-haystack", dashed(&[name]))],
        ["" | "google" | "azure" | "openinference", ..] | [] | ["livekit", "plugins"] => Vec::new(),
        [first, ..] => vec![dashed(&[first])],
    }
}

/// True for an import whose distribution the tables know: a guess by name alone may be anybody's package.
#[must_use]
pub fn is_known(module: &str) -> bool {
    let first = module.split('.').next().unwrap_or(module);
    SAME.binary_search(&first).is_ok()
        || DISTRIBUTIONS.iter().any(|(import, _)| import.split('.').next() == Some(first))
        || matches!(first, "opentelemetry" | "openinference" | "haystack_integrations")
}

/// True when whoever installs `declared` has `name` too; both are normalised.
#[must_use]
pub fn brings(declared: &str, name: &str) -> bool {
    let matches =
        |pattern: &&str| pattern.strip_suffix('*').map_or(declared == *pattern, |start| declared.starts_with(start));
    BROUGHT.iter().any(|(brought, by)| *brought == name && by.iter().any(matches))
}

/// What an imported name needs besides.
#[must_use]
pub fn needed_by_name(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, requirement)| *requirement)
}

/// The normalised project name (PEP 503) that a requirement starts with; none when it starts with none.
#[must_use]
pub fn project_name(requirement: &str) -> Option<String> {
    let end = requirement.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'));
    let name = &requirement[..end.unwrap_or(requirement.len())];
    let normal = normal_name(name);
    (!normal.is_empty() && !normal.starts_with('-')).then_some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_known_prefix_names_the_distribution() {
        for (module, requirement) in [
            ("yaml", "PyYAML"),
            ("openai.types", "openai>=1.0"),
            ("fastapi.responses", "fastapi[standard]"),
            ("google.generativeai", "google-generativeai"),
            ("google.cloud.secret_manager", "google-cloud-secret-manager"),
            ("langgraph.checkpoint.sqlite.aio", "langgraph-checkpoint-sqlite"),
            ("langgraph.graph", "langgraph"),
            ("langchain_openai", "langchain-openai"),
            ("cv2", "opencv-python"),
            ("autogen", "ag2"),
            ("google.cloud.speech_v1p1beta1", "google-cloud-speech"),
            ("azure.ai.projects.models", "azure-ai-projects"),
            ("llama_index.llms.openai", "llama-index-llms-openai"),
            ("llama_index.core.tools", "llama-index-core"),
            ("livekit.plugins.silero", "livekit-plugins-silero"),
            ("opentelemetry.trace", "opentelemetry-api"),
        ] {
            assert_eq!(candidates(module)[0], requirement, "{module}");
        }
        assert_eq!(candidates("google"), Vec::<String>::new());
    }

    #[test]
    fn the_table_of_same_names_is_in_order_and_knows_no_stranger() {
        assert!(SAME.is_sorted());
        assert!(is_known("requests") && is_known("google.cloud.x") && is_known("cv2"));
        assert!(!is_known("helpers") && !is_known("my_company") && !is_known(""));
    }

    #[test]
    fn what_others_bring_is_known_and_the_rest_is_not() {
        assert!(brings("langchain-openai", "langchain-core") && brings("fastapi", "pydantic"));
        assert!(!brings("langchain-core", "langchain-openai") && !brings("requests", "pydantic"));
    }

    #[test]
    fn names_are_normalised_as_pep_503_says() {
        assert_eq!(project_name("Foo.-_Bar[x]>=1 ; y").as_deref(), Some("foo-bar"));
        assert_eq!(project_name("./local"), None);
        assert_eq!(project_name(">=1"), None);
    }
}
