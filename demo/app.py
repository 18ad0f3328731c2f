import streamlit as st

st.title("Hello Docker!")
st.write("Ceci est une app Streamlit dans un conteneur Docker 🐳")
